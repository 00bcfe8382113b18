--- Puts a completion into the buffer.
local M = {}

---@class codeassistd.Insertion
---@field bufnr integer
---@field row integer 0-based.
---@field column integer Bytes of the row before it.
---@field replaced integer Bytes after the column, on the row, that it takes the place of.
---@field text string

--- Insert a text, as an undo step of its own, and put the cursor behind it.
---@param insertion codeassistd.Insertion
function M.apply(insertion)
  local lines = vim.split((insertion.text:gsub('\r\n', '\n')), '\n', { plain = true })
  local row, column, bufnr = insertion.row, insertion.column, insertion.bufnr
  -- Setting it, even to what it is, ends the undo step of what was typed before.
  vim.bo[bufnr].undolevels = vim.bo[bufnr].undolevels
  vim.api.nvim_buf_set_text(bufnr, row, column, row, column + insertion.replaced, lines)
  local before = #lines == 1 and column or 0
  vim.api.nvim_win_set_cursor(0, { row + #lines, before + #lines[#lines] })
end

return M
