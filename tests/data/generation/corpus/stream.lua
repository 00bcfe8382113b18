--- Text that the server sends in parts, while it is being written.
local M = {}

---@type table<string, fun(text: string)> By token.
local readers = {}

local count = 0

--- Ask for parts.
---@param on_text fun(text: string) Gets each further piece.
---@return string token For the request's `partialResultToken`.
function M.open(on_text)
  count = count + 1
  local token = ('codeassistd/neovim/%d'):format(count)
  readers[token] = on_text
  return token
end

---@param token string
function M.close(token)
  readers[token] = nil
end

--- Handles `$/progress`: what is no part of a text is ordinary progress.
---@type lsp.Handler
function M.handle(failure, params, context)
  local reader = readers[params.token]
  if reader then
    reader(params.value.text)
    return
  elseif type(params.value) == 'table' and params.value.kind == nil then
    return -- of a text that nobody waits for any more
  end
  return vim.lsp.handlers['$/progress'](failure, params, context)
end

return M
