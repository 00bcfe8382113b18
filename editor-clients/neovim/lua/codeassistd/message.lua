--- What the user is told.
local M = {}

---@param text string
---@param level? integer One of vim.log.levels; INFO when absent.
function M.show(text, level)
  -- A server says who it is in some of its messages.
  vim.notify('codeassistd: ' .. text:gsub('^codeassistd: ', ''), level or vim.log.levels.INFO, { title = 'codeassistd' })
end

---@param text string
function M.warn(text)
  M.show(text, vim.log.levels.WARN)
end

---@param text string
function M.fail(text)
  M.show(text, vim.log.levels.ERROR)
end

return M
