--- Shows how the server and its workspaces stand.
local client = require('codeassistd.client')

local M = {}

---@param bytes integer
---@return string
local function megabytes(bytes)
  return ('%d MB'):format(math.floor(bytes / 1e6 + 0.5))
end

---@param seconds number
---@return string
local function duration(seconds)
  if seconds < 120 then
    return ('%d s'):format(math.floor(seconds))
  elseif seconds < 7200 then
    return ('%d min'):format(math.floor(seconds / 60))
  end
  return ('%d h'):format(math.floor(seconds / 3600))
end

---@param workspace codeassistd.WorkspaceStatus
---@return string[]
local function workspace_lines(workspace)
  local lines = {
    ('  %s'):format(vim.fn.fnamemodify(workspace.root, ':~')),
    ('    %s: %d files, %d chunks, %d without a vector'):format(
      workspace.state,
      workspace.files,
      workspace.chunks,
      workspace.pending
    ),
  }
  if workspace.problem ~= '' then
    table.insert(lines, '    ' .. workspace.problem)
  end
  return lines
end

---@param model codeassistd.ModelStatus
---@return string
local function model_line(model)
  local engine = model.engine ~= '' and '; ' .. model.engine or ''
  return ('  %s (%s): %s, used %d times%s'):format(model.name, model.role, model.state, model.uses, engine)
end

---@param status codeassistd.StatusAnswer
---@return string[]
function M.lines(status)
  local lines = {
    ('codeassistd %s, running for %s, %s, %d session%s'):format(
      status.version,
      duration(status.uptime),
      megabytes(status.memory),
      status.sessions,
      status.sessions == 1 and '' or 's'
    ),
    '',
    'Workspaces',
  }
  for _, workspace in ipairs(status.workspaces) do
    vim.list_extend(lines, workspace_lines(workspace))
  end
  vim.list_extend(lines, { '', 'Models' })
  vim.list_extend(lines, #status.models > 0 and vim.tbl_map(model_line, status.models) or { '  none in use' })
  if #status.errors > 0 then
    vim.list_extend(lines, { '', 'Last errors, newest first' })
    for _, text in ipairs(status.errors) do
      table.insert(lines, '  ' .. text:gsub('\n.*', ''))
    end
  end
  return lines
end

--- Show the status in a window that closes when the cursor moves.
function M.show()
  client.request('codeassist/status', vim.empty_dict(), function(status)
    vim.lsp.util.open_floating_preview(M.lines(status), 'codeassistd', {
      border = 'rounded',
      focus_id = 'codeassistd',
      title = ' codeassistd ',
    })
  end)
end

return M
