--- Completion of what is being typed: turned on and off, accepted and dismissed.
local config = require('codeassistd.config')
local ghost = require('codeassistd.inline.ghost')
local message = require('codeassistd.message')
local native = require('codeassistd.inline.native')
local parts = require('codeassistd.inline.parts')
local server = require('codeassistd.server')

local M = {}

---@type boolean? What was said since the start, over the options.
local chosen

---@type table<integer, { disable: fun(bufnr: integer) }> What completes, by buffer.
local engines = {}

--- Whether completions are shown.
---@return boolean
function M.is_on()
  if chosen ~= nil then
    return chosen
  end
  return config.get().inline.enabled
end

--- Whether it is Neovim that shows completions, not the plugin.
---@return boolean
function M.is_native()
  return config.get().inline.native and native.is_available()
end

---@param bufnr integer
local function detach(bufnr)
  if engines[bufnr] then
    engines[bufnr].disable(bufnr)
    engines[bufnr] = nil
  end
end

---@param bufnr integer
local function attach(bufnr)
  local engine = M.is_native() and native or ghost
  if engines[bufnr] ~= engine then
    detach(bufnr)
    engine.enable(bufnr)
    engines[bufnr] = engine
  end
end

--- Do as the options say in every buffer that the server serves.
function M.refresh()
  local is_on = M.is_on()
  for _, client in ipairs(vim.lsp.get_clients({ name = server.name })) do
    for bufnr in pairs(client.attached_buffers) do
      (is_on and attach or detach)(bufnr)
    end
  end
end

--- Turn completions on or off for this Neovim.
---@param on? boolean The other state when absent.
function M.toggle(on)
  if on == nil then
    on = not M.is_on()
  end
  chosen = on
  M.refresh()
  message.show('inline completion ' .. (on and 'on' or 'off'))
end

--- Follow the buffers that the server serves.
function M.listen()
  local group = vim.api.nvim_create_augroup('codeassistd.inline', {})
  vim.api.nvim_create_autocmd('LspAttach', {
    group = group,
    callback = function(event)
      local client = vim.lsp.get_client_by_id(event.data.client_id)
      if client and client.name == server.name and M.is_on() then
        attach(event.buf)
      end
    end,
  })
  vim.api.nvim_create_autocmd('LspDetach', {
    group = group,
    callback = function(event)
      local client = vim.lsp.get_client_by_id(event.data.client_id)
      if not client or client.name == server.name then
        detach(event.buf)
      end
    end,
  })
end

---@return { accept: fun(part: codeassistd.Part): boolean }|{ dismiss: fun(): boolean }|nil
local function engine_here()
  return engines[vim.api.nvim_get_current_buf()]
end

--- Accept the completion that is shown, or a part of it.
---@param part? codeassistd.Part All when absent.
---@return boolean Whether one is shown.
function M.accept(part)
  if part ~= nil and not parts.is_part(part) then
    message.fail(('%s is no part of a completion; there are all, word, line'):format(vim.inspect(part)))
    return false
  end
  local engine = engine_here()
  return engine ~= nil and engine.accept(part or 'all')
end

--- Hide the completion that is shown.
---@return boolean Whether one was.
function M.dismiss()
  local engine = engine_here()
  return engine ~= nil and engine.dismiss()
end

return M
