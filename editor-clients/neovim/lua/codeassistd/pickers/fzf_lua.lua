--- Shows results in fzf-lua.
local fzf = require('fzf-lua')

local M = {}

---@param title string
---@return table
local function options_for(title)
  return {
    actions = fzf.defaults.actions.files,
    previewer = 'builtin',
    winopts = { title = (' %s '):format(title) },
  }
end

---@param item codeassistd.Item
---@return string
local function line(item)
  return ('%s:%d:%d: %s'):format(vim.fn.fnamemodify(item.filename, ':.'), item.lnum, item.col, item.text)
end

---@param list codeassistd.List
function M.show(list)
  fzf.fzf_exec(vim.tbl_map(line, list.items), options_for(list.title))
end

--- Search as the user types; what was typed before is no longer asked for.
---@param options codeassistd.Live
function M.live(options)
  local request
  fzf.fzf_live(function(items)
    local typed = type(items) == 'table' and items[1] or items or ''
    return function(write)
      if request then
        request.cancel()
      end
      request = options.search(typed, function(list)
        for _, item in ipairs(list.items) do
          write(line(item))
        end
        write(nil)
      end)
    end
  end, options_for(options.title))
end

return M
