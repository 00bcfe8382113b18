--- The plugin's functions; `:help codeassistd`.
local M = {}

--- Set options; calling it is optional, and calling it again changes what is named.
---@param options? codeassistd.Options
function M.setup(options)
  local config = require('codeassistd.config')
  config.set(options or {})
  for _, problem in ipairs(config.problems()) do
    require('codeassistd.message').warn(problem)
  end
  if package.loaded['codeassistd.server'] then
    require('codeassistd.server').reconfigure()
  end
end

--- Search by meaning, words and names.
---@param query? string As after `:CodeAssist search`; the user is asked for it when it is absent.
---@param to? codeassistd.Destination
function M.search(query, to)
  require('codeassistd.search').search(query, to)
end

--- Find code like some lines of the current buffer.
---@param first? integer 1-based; the cursor's line when absent.
---@param last? integer Inclusive.
---@param to? codeassistd.Destination
function M.similar(first, last, to)
  first = first or vim.api.nvim_win_get_cursor(0)[1]
  require('codeassistd.search').similar(first, last or first, nil, to)
end

--- Show how the server, its workspaces and its models stand.
function M.status()
  require('codeassistd.status').show()
end

--- Look at every file of the workspace again.
---@param full? boolean Whether every file is chunked anew.
function M.reindex(full)
  require('codeassistd.client').request('codeassist/reindex', function(context)
    return { workspace = context.root, full = full or false }
  end, function(answer)
    require('codeassistd.message').show('looking at every file of ' .. table.concat(answer.workspaces, ', '))
  end)
end

--- Turn the server off for this Neovim, or on again.
---@param on? boolean The other state when absent.
function M.toggle(on)
  local server = require('codeassistd.server')
  if on == nil then
    on = #vim.lsp.get_clients({ name = server.name }) == 0
  end
  if not on then
    server.disable()
  elseif not server.enable() then
    return
  end
  require('codeassistd.message').show(on and 'on' or 'off')
end

--- Text for 'statusline': what the server of the current buffer is doing.
---@return string
function M.statusline()
  return require('codeassistd.statusline').component()
end

return M
