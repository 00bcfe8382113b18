--- A statusline component: what the server of the current buffer is doing.
local M = {}

---@type table<integer, table<string|integer, string>> By client and progress token.
local progress = {}

---@type table<integer, string> By client: what needs attention.
local problems = {}

local is_listening = false

---@param client vim.lsp.Client
local function ask_for_problem(client)
  -- The server names folders without symbolic links.
  local root = vim.uv.fs_realpath(client.root_dir or '')
  require('codeassistd.server').call(client, 'request', 'codeassist/status', vim.empty_dict(), function(_, status)
    local text = ''
    for _, workspace in ipairs(status and status.workspaces or {}) do
      if workspace.root == root and workspace.problem ~= '' then
        text = workspace.problem
      elseif workspace.root == root and workspace.state == 'paused' then
        text = 'paused'
      end
    end
    problems[client.id] = text
    vim.cmd.redrawstatus()
  end)
end

--- What is being done, in a few words; Neovim repeats the title of its beginning.
---@param value { title?: string, percentage?: integer }
---@return string
local function label(value)
  local title = value.title or ''
  local share = value.percentage and (' %d%%%%'):format(value.percentage) or ''
  if title == '' or vim.startswith(title, 'Indexing') then
    return 'indexing' .. share
  end
  return title:sub(1, 1):lower() .. title:sub(2):gsub('%%', '%%%%') .. share
end

---@param event { data: { client_id: integer, params: lsp.ProgressParams } }
local function on_progress(event)
  local client = vim.lsp.get_client_by_id(event.data.client_id)
  if not client or client.name ~= 'codeassistd' then
    return
  end
  local value, running = event.data.params.value, progress[client.id] or {}
  running[event.data.params.token] = value.kind ~= 'end' and label(value) or nil
  progress[client.id] = running
  if value.kind == 'end' then
    ask_for_problem(client)
  end
  vim.cmd.redrawstatus()
end

local function listen()
  is_listening = true
  local group = vim.api.nvim_create_augroup('codeassistd.statusline', {})
  vim.api.nvim_create_autocmd('LspProgress', { group = group, callback = on_progress })
  vim.api.nvim_create_autocmd('LspAttach', {
    group = group,
    callback = function(event)
      local client = vim.lsp.get_client_by_id(event.data.client_id)
      if client and client.name == 'codeassistd' and not problems[client.id] then
        problems[client.id] = ''
        ask_for_problem(client)
      end
    end,
  })
end

--- Text for 'statusline': empty where there is no server, else "codeassistd" and what it is doing, if anything.
---@return string
function M.component()
  if not is_listening then
    listen()
  end
  local client = package.loaded['vim.lsp'] and vim.lsp.get_clients({ bufnr = 0, name = 'codeassistd' })[1]
  if not client then
    return ''
  end
  local _, doing = next(progress[client.id] or {})
  local text = doing or problems[client.id] and problems[client.id] ~= '' and 'needs attention' or nil
  return text and 'codeassistd: ' .. text or 'codeassistd'
end

return M
