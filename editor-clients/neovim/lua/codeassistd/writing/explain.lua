--- Has code explained, in a split.
local client = require('codeassistd.client')
local page = require('codeassistd.writing.page')

local M = {}

--- Explain code.
---@param subject codeassistd.Subject
function M.explain(subject)
  local name = vim.fn.fnamemodify(vim.uri_to_fname(subject.textDocument.uri), ':t')
  local title = subject.range and ('%s:%d'):format(name, subject.range.start.line + 1) or name
  local shown = page.open('explanation of ' .. title, 'markdown')
  shown:await(client.request(
    'codeassist/explain',
    { textDocument = subject.textDocument, range = subject.range, show = false },
    function(answer)
      shown:append(answer.text)
      shown:finish('q closes it')
    end,
    function(text)
      shown:fail(text)
    end
  ))
end

return M
