--- Shows results in vim.ui.select, which other plugins may have replaced.
local results = require('codeassistd.results')

local M = {}

---@param list codeassistd.List
function M.show(list)
  vim.ui.select(list.items, {
    prompt = list.title,
    kind = 'codeassistd',
    format_item = function(item)
      return ('%s:%d  %s'):format(item.user_data.path, item.lnum, item.text)
    end,
  }, function(item)
    if item then
      results.open(list, item)
    end
  end)
end

return M
