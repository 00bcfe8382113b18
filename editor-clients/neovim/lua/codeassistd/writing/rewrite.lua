--- Has lines rewritten, and shows what would change before it does.
local asking = require('codeassistd.writing.asking')
local client = require('codeassistd.client')
local message = require('codeassistd.message')
local page = require('codeassistd.writing.page')

local M = {}

--- Edits of one buffer, whichever way an edit of a workspace lists them.
---@param edit lsp.WorkspaceEdit
---@return lsp.TextEdit[]
local function text_edits(edit)
  local found = {}
  for _, change in ipairs(edit.documentChanges or {}) do
    vim.list_extend(found, change.edits or {})
  end
  for _, edits in pairs(edit.changes or {}) do
    vim.list_extend(found, edits)
  end
  return found
end

--- What an edit does to a buffer, as a unified diff.
---@param edit lsp.WorkspaceEdit
---@param bufnr integer
---@param encoding string
---@return string
local function difference(edit, bufnr, encoding)
  local before = vim.api.nvim_buf_get_lines(bufnr, 0, -1, true)
  local copy = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(copy, 0, -1, true, before)
  vim.lsp.util.apply_text_edits(vim.deepcopy(text_edits(edit)), copy, encoding)
  local after = vim.api.nvim_buf_get_lines(copy, 0, -1, true)
  vim.api.nvim_buf_delete(copy, { force = true })
  local diff = vim.text.diff or vim.diff
  return diff(table.concat(before, '\n') .. '\n', table.concat(after, '\n') .. '\n', { ctxlen = 3 }) --[[@as string]]
end

--- Show what would change, and let the user decide.
---@param shown codeassistd.Page
---@param edit lsp.WorkspaceEdit
---@param bufnr integer
---@param encoding string
local function propose(shown, edit, bufnr, encoding)
  local tick = vim.api.nvim_buf_get_changedtick(bufnr)
  shown:append((difference(edit, bufnr, encoding):gsub('\n$', '')))
  shown:map('<CR>', 'Apply', function()
    shown:close()
    if vim.api.nvim_buf_get_changedtick(bufnr) ~= tick then
      message.fail('the file was changed meanwhile; ask again')
      return
    end
    vim.lsp.util.apply_workspace_edit(edit, encoding)
  end)
  shown:finish('<CR> applies it, q discards it')
end

---@param instruction string
---@param subject codeassistd.Subject
local function run(instruction, subject)
  local bufnr = vim.uri_to_bufnr(subject.textDocument.uri)
  local shown = page.open(instruction, 'diff')
  shown:await(client.request('codeassist/rewrite', {
    instruction = instruction,
    textDocument = subject.textDocument,
    range = subject.range,
    apply = false,
  }, function(answer, context)
    propose(shown, answer.edit, bufnr, context.client.offset_encoding)
  end, function(text)
    shown:fail(text)
  end))
end

--- Have lines rewritten; the user is asked for an instruction when there is none.
---@param instruction? string
---@param subject codeassistd.Subject
function M.rewrite(instruction, subject)
  asking.instruction(instruction, 'Rewrite: ', function(given)
    run(given, subject)
  end)
end

return M
