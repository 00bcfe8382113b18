--- Shows results in telescope.nvim.
local conf = require('telescope.config').values
local finders = require('telescope.finders')
local make_entry = require('telescope.make_entry')
local pickers = require('telescope.pickers')
local sorters = require('telescope.sorters')

local M = {}

local DEBOUNCE_MS = 100

--- How a result looks: quickfix entries are what telescope knows to show and to send on.
---@return fun(item: codeassistd.Item): table
local function entry_maker()
  return make_entry.gen_from_quickfix({})
end

---@param options table Title, finder and sorter.
local function open(options)
  pickers
    .new({}, vim.tbl_extend('keep', options, { previewer = conf.qflist_previewer({}), debounce = DEBOUNCE_MS }))
    :find()
end

---@param list codeassistd.List
function M.show(list)
  open({
    prompt_title = list.title,
    finder = finders.new_table({ results = list.items, entry_maker = entry_maker() }),
    sorter = conf.generic_sorter({}),
  })
end

--- Search as the user types. The server ranks, so nothing is sorted here.
---@param options codeassistd.Live
function M.live(options)
  local oneshot = require('plenary.async.control').channel.oneshot
  open({
    prompt_title = options.title,
    finder = finders.new_dynamic({
      entry_maker = entry_maker(),
      fn = function(typed)
        local answer, wait = oneshot()
        options.search(typed or '', answer)
        return wait().items
      end,
    }),
    sorter = sorters.highlighter_only({}),
  })
end

return M
