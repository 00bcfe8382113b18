--- Requests to the server, which is started when a request needs it.
local message = require('codeassistd.message')
local server = require('codeassistd.server')

local M = {}

local POLL_MS = 10

---@class codeassistd.Request
---@field cancel fun() Nothing is called back after it.

---@class codeassistd.Context
---@field client vim.lsp.Client
---@field root string The workspace that was asked about.

--- Show the server every open file of a workspace: what is on screen is what is searched.
---@param client vim.lsp.Client
---@param root string
local function attach_buffers(client, root)
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if
      vim.api.nvim_buf_is_loaded(bufnr)
      and not vim.lsp.buf_is_attached(bufnr, client.id)
      and server.root(bufnr) == root
    then
      vim.lsp.buf_attach_client(bufnr, client.id)
    end
  end
end

--- An answer as Lua has it: some versions of Neovim keep the nulls of JSON.
---@generic T
---@param value T
---@return T
local function without_nulls(value)
  if type(value) ~= 'table' then
    return value
  end
  for key, each in pairs(value) do
    if each == vim.NIL then
      value[key] = nil
    else
      without_nulls(each)
    end
  end
  return value
end

--- Wait for a client to be ready without holding up the editor.
---@param id integer
---@param is_wanted fun(): boolean
---@param on_ready fun(client: vim.lsp.Client?) nil when it has ended instead.
local function when_ready(id, is_wanted, on_ready)
  local client = vim.lsp.get_client_by_id(id)
  if not is_wanted() then
    return
  elseif not client or client.initialized then
    on_ready(client)
  else
    vim.defer_fn(function()
      when_ready(id, is_wanted, on_ready)
    end, POLL_MS)
  end
end

--- Ask the server something about the current workspace.
---@param method string
---@param params table|fun(context: codeassistd.Context): table
---@param on_result fun(result: any, context: codeassistd.Context) Not called when the request fails.
---@param on_failure? fun(text: string) Shows the failure; a message when absent.
---@return codeassistd.Request
function M.request(method, params, on_result, on_failure)
  local root = server.current_root()
  local is_wanted, cancel_sent = true, nil
  local fail = on_failure or message.fail

  local function send(client)
    if not client then
      fail('the language server has ended; `:checkhealth codeassistd` may say why')
      return
    end
    attach_buffers(client, root)
    local context = { client = client, root = root }
    local sent = type(params) == 'function' and params(context) or params
    local _, number = server.call(client, 'request', method, sent, function(failure, result)
      if not is_wanted then
        return
      end
      is_wanted = false
      if failure then
        fail(failure.message)
      else
        on_result(without_nulls(result), context)
      end
    end)
    cancel_sent = number and function()
      server.call(client, 'cancel_request', number)
    end
  end

  local id = server.is_installed() and server.start(root)
  if id then
    when_ready(id, function()
      return is_wanted
    end, send)
  elseif on_failure then
    on_failure('the language server was not started') -- the user knows already why
  end
  return {
    cancel = function()
      local send_cancel = is_wanted and cancel_sent
      is_wanted = false
      if send_cancel then
        send_cancel()
      end
    end,
  }
end

return M
