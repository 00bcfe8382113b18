--- How the language server is found, started and stopped.
local config = require('codeassistd.config')
local message = require('codeassistd.message')

local M = {}

M.name = 'codeassistd'

local MARKERS = { '.git', 'codeassistd.toml' }

local INSTALL = 'install it with `uv tool install codeassistd` or `pipx install codeassistd`, '
  .. 'or say where it is in the option cmd; `:checkhealth codeassistd` says more'

---@return boolean Whether this Neovim keeps server configurations itself (0.11).
local function has_configs()
  return vim.lsp.config ~= nil and vim.lsp.enable ~= nil
end

--- The command that starts the server.
---@return string[]
function M.command()
  local cmd = config.get().cmd
  if cmd then
    return cmd
  end
  -- Editors started from a desktop often lack the folder that uv and pipx install into.
  local home = vim.fs.normalize('~/.local/bin/codeassistd')
  if vim.fn.executable('codeassistd') == 0 and vim.fn.executable(home) == 1 then
    return { home, 'lsp' }
  end
  return { 'codeassistd', 'lsp' }
end

--- The workspace that a buffer's file is in.
---@param bufnr integer
---@return string? folder nil when it is no file, or a file of git's own.
function M.root(bufnr)
  local name = vim.api.nvim_buf_get_name(bufnr)
  if vim.bo[bufnr].buftype ~= '' or name == '' or name:find('^%a[%w+.-]+://') or name:find('[/\\]%.git[/\\]') then
    return nil
  end
  return vim.fs.root(bufnr, MARKERS)
end

--- The workspace that a command without a file is about.
---@return string folder
function M.current_root()
  local cwd = assert(vim.uv.cwd())
  return M.root(0) or vim.fs.root(cwd, MARKERS) or cwd
end

--- What the server may ask of this client: commands of our own, and edits that name a version.
---@return lsp.ClientCapabilities
local function capabilities()
  local own = {
    experimental = { codeassist = { commands = { 'codeassist.client.instruct' } } },
    -- Without annotations: Neovim 0.12 would ask whether to apply an edit without showing it.
    workspace = { workspaceEdit = { documentChanges = true, changeAnnotationSupport = vim.NIL } },
  }
  if vim.fn.has('nvim-0.11') == 1 then
    return own -- over Neovim's
  end
  return vim.tbl_deep_extend('force', vim.lsp.protocol.make_client_capabilities(), own)
end

--- What code actions run here, by command.
---@type table<string, fun(command: lsp.Command)>
local commands = {
  ['codeassist.client.instruct'] = function(command)
    require('codeassistd.writing.rewrite').rewrite(nil, command.arguments[1])
  end,
  -- The server's own would open a file in place of the code.
  ['codeassist.explain'] = function(command)
    require('codeassistd.writing.explain').explain(command.arguments[1])
  end,
}

--- The configuration of the server, for vim.lsp.config and vim.lsp.start.
---@return vim.lsp.ClientConfig
function M.config()
  return {
    name = M.name,
    cmd = M.command(),
    settings = { [M.name] = config.get().settings },
    root_dir = function(bufnr, on_dir)
      local root = M.root(bufnr)
      if root then
        on_dir(root)
      end
    end,
    capabilities = capabilities(),
    commands = commands,
    handlers = {
      ['$/progress'] = require('codeassistd.stream').handle,
      ['codeassist/indexChanged'] = function(_, _, context)
        vim.api.nvim_exec_autocmds('User', {
          pattern = 'CodeAssistIndexChanged',
          modeline = false,
          data = { client_id = context.client_id },
        })
      end,
    },
  }
end

--- The configuration in force: ours, and over it what the user gave to vim.lsp.config.
---@return vim.lsp.ClientConfig
function M.effective_config()
  return vim.deepcopy(has_configs() and vim.lsp.config[M.name] or M.config())
end

--- Whether the server's command can be run; if not, the user is told how to get it.
---@return boolean
function M.is_installed()
  local cmd = M.effective_config().cmd
  if type(cmd) == 'function' or vim.fn.executable(cmd[1]) == 1 then
    return true
  end
  message.warn(('%s is not installed, or not on PATH; %s'):format(cmd[1], INSTALL))
  return false
end

---@param bufnr integer
local function attach(bufnr)
  local root = M.root(bufnr)
  if root then
    local started = M.effective_config()
    started.root_dir = root
    vim.lsp.start(started, { bufnr = bufnr })
  end
end

--- Serve every file of a workspace that is or will be opened.
---@return boolean Whether that is possible; if not, the user was told why.
function M.enable()
  -- vim.lsp.enable says nothing of a command that can't be run.
  if not M.is_installed() then
    return false
  end
  require('codeassistd.inline').listen()
  if has_configs() then
    vim.lsp.enable(M.name)
    return true
  end
  vim.api.nvim_create_autocmd('FileType', {
    group = vim.api.nvim_create_augroup('codeassistd', {}),
    desc = 'Serve the files of a workspace',
    callback = function(event)
      attach(event.buf)
    end,
  })
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(bufnr) then
      attach(bufnr)
    end
  end
  return true
end

--- Stop the server; commands start it again.
function M.disable()
  if has_configs() then
    vim.lsp.enable(M.name, false)
    return
  end
  vim.api.nvim_create_augroup('codeassistd', {})
  for _, client in ipairs(vim.lsp.get_clients({ name = M.name })) do
    M.call(client, 'stop')
  end
end

--- Take changed options: a new command holds from the next start, new settings at once.
function M.reconfigure()
  if package.loaded['vim.lsp'] == nil then
    return -- nothing has read the old ones
  end
  local settings = M.config().settings
  if has_configs() then
    vim.lsp.config(M.name, { cmd = M.command(), settings = settings })
  end
  for _, client in ipairs(vim.lsp.get_clients({ name = M.name })) do
    client.settings = settings
    M.call(client, 'notify', 'workspace/didChangeConfiguration', { settings = settings })
  end
end

--- Call a method of a client, in the way of this Neovim.
---@param client vim.lsp.Client
---@param method 'request'|'notify'|'cancel_request'|'stop'
---@return any ...
function M.call(client, method, ...)
  if vim.fn.has('nvim-0.11') == 1 then
    return client[method](client, ...)
  end
  return client[method](...)
end

--- Enable the server unless the user wants to start it by a command.
function M.autostart()
  for _, problem in ipairs(config.problems()) do
    message.warn(problem)
  end
  if config.get().autostart then
    M.enable()
  end
end

--- Start the server for a workspace, if it doesn't run.
---@param root string
---@return integer? client_id
function M.start(root)
  require('codeassistd.inline').listen()
  local started = M.effective_config()
  started.root_dir = root
  if has_configs() then
    return vim.lsp.start(started, { attach = false })
  end
  for _, client in ipairs(vim.lsp.get_clients({ name = M.name })) do
    if client.root_dir == root then
      return client.id
    end
  end
  return vim.lsp.start_client(started)
end

return M
