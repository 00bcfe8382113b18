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
    require('codeassistd.inline').refresh()
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

--- Have text written, in a split.
---@param instruction? string The user is asked for it when it is absent.
---@param first? integer 1-based; it is about the whole workspace when absent.
---@param last? integer Inclusive.
function M.generate(instruction, first, last)
  local subject = first and require('codeassistd.writing.subject').lines(first, last or first)
  if subject or not first then
    require('codeassistd.writing.generate').generate(instruction, subject)
  end
end

--- Have lines of the current buffer rewritten; the user sees what would change first.
---@param instruction? string The user is asked for it when it is absent.
---@param first? integer 1-based; the cursor's line when absent.
---@param last? integer Inclusive.
function M.rewrite(instruction, first, last)
  first = first or vim.api.nvim_win_get_cursor(0)[1]
  local subject = require('codeassistd.writing.subject').lines(first, last or first)
  if subject then
    require('codeassistd.writing.rewrite').rewrite(instruction, subject)
  end
end

--- Have lines of the current buffer explained, in a split.
---@param first? integer 1-based; the whole buffer when absent.
---@param last? integer Inclusive.
function M.explain(first, last)
  local subject =
    require('codeassistd.writing.subject').lines(first or 1, last or first or vim.api.nvim_buf_line_count(0))
  if subject then
    require('codeassistd.writing.explain').explain(subject)
  end
end

--- Stop all that is being written.
function M.cancel()
  if require('codeassistd.writing.page').cancel_all() == 0 then
    require('codeassistd.message').show('nothing is being written')
  end
end

--- Accept the inline completion that is shown, or a part of it.
---@param part? codeassistd.Part All when absent.
---@return boolean Whether one is shown.
function M.accept(part)
  return require('codeassistd.inline').accept(part)
end

--- Hide the inline completion that is shown, until more is typed.
---@return boolean Whether one was.
function M.dismiss()
  return require('codeassistd.inline').dismiss()
end

--- Turn inline completion on or off for this Neovim.
---@param on? boolean The other state when absent.
function M.toggle_inline(on)
  require('codeassistd.inline').toggle(on)
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
