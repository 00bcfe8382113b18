--- How a completion looks before it is accepted.
local M = {}

local HIGHLIGHT = 'CodeAssistGhostText'

local namespace = vim.api.nvim_create_namespace('codeassistd.inline')

--- Tabs aren't shown as such in virtual lines.
---@param line string
---@param bufnr integer
---@return string
local function expand_tabs(line, bufnr)
  return (line:gsub('^\t+', function(tabs)
    return (' '):rep(#tabs * vim.bo[bufnr].tabstop)
  end))
end

--- Show a text, and the line around it as it would read with the text accepted.
---@param insertion codeassistd.Insertion
function M.show(insertion)
  M.hide(insertion.bufnr)
  vim.api.nvim_set_hl(0, HIGHLIGHT, { link = vim.fn.hlexists('ComplHint') == 1 and 'ComplHint' or 'Comment', default = true })
  local row, column, bufnr = insertion.row, insertion.column, insertion.bufnr
  local tail = vim.api.nvim_buf_get_lines(bufnr, row, row + 1, true)[1]:sub(column + 1)
  local whole = insertion.text:gsub('\r\n', '\n') .. tail:sub(insertion.replaced + 1)
  local lines = vim.split(whole, '\n', { plain = true })
  local position = 'inline'
  if #lines == 1 and vim.endswith(whole, tail) then
    lines[1] = whole:sub(1, #whole - #tail)
  elseif tail ~= '' then
    position = 'overlay' -- what comes after the cursor moves
    lines[1] = lines[1] .. (' '):rep(vim.fn.strdisplaywidth(tail) - vim.fn.strdisplaywidth(lines[1]))
  end
  local below = {}
  for number = 2, #lines do
    table.insert(below, { { expand_tabs(lines[number], bufnr), HIGHLIGHT } })
  end
  vim.api.nvim_buf_set_extmark(bufnr, namespace, row, column, {
    virt_text = { { expand_tabs(lines[1], bufnr), HIGHLIGHT } },
    virt_text_pos = position,
    virt_lines = below,
    hl_mode = 'combine',
  })
end

---@param bufnr integer
function M.hide(bufnr)
  if vim.api.nvim_buf_is_valid(bufnr) then
    vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  end
end

return M
