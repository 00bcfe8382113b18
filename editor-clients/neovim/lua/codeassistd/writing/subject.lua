--- The lines that something is to be written about.
local message = require('codeassistd.message')
local positions = require('codeassistd.positions')
local server = require('codeassistd.server')

local M = {}

--- Lines of the current buffer, as requests name them.
---@param first integer 1-based.
---@param last integer Inclusive.
---@return codeassistd.Subject? subject nil when it is no file of a workspace, which the user was told.
function M.lines(first, last)
  local bufnr = vim.api.nvim_get_current_buf()
  if not server.root(bufnr) then
    message.fail('this is no file of a workspace; save it in one, then ask again')
    return nil
  end
  return { textDocument = { uri = vim.uri_from_bufnr(bufnr) }, range = positions.lines(first, last) }
end

return M
