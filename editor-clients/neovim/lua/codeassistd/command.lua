--- :CodeAssist and its completion.
local message = require('codeassistd.message')

local M = {}

---@class codeassistd.Subcommand
---@field run fun(arguments: string, call: vim.api.keyset.create_user_command.command_args)
---@field complete? fun(lead: string): string[]

---@param lead string
---@return string[]
local function complete_query(lead)
  local folder = lead:match('^path:(.*)$')
  if folder then
    return vim.tbl_map(function(path)
      return 'path:' .. path
    end, vim.fn.getcompletion(folder, 'file'))
  end
  local choices = { '++limit=', '++mode=hybrid', '++mode=keyword', '++mode=semantic', 'kind:', 'lang:', 'path:' }
  for _, name in ipairs(require('codeassistd.config').destinations) do
    table.insert(choices, '++to=' .. name)
  end
  return choices
end

---@type table<string, codeassistd.Subcommand>
M.subcommands = {
  search = {
    run = function(arguments)
      require('codeassistd').search(arguments)
    end,
    complete = complete_query,
  },
  similar = {
    run = function(arguments, call)
      local first = call.range > 0 and call.line1 or vim.api.nvim_win_get_cursor(0)[1]
      local last = call.range > 0 and call.line2 or first
      require('codeassistd.search').similar(first, last, arguments)
    end,
    complete = complete_query,
  },
  status = {
    run = function()
      require('codeassistd').status()
    end,
  },
  reindex = {
    run = function(arguments)
      if arguments ~= '' and arguments ~= 'full' then
        message.fail(('reindex takes "full" or nothing, not %q'):format(arguments))
        return
      end
      require('codeassistd').reindex(arguments == 'full')
    end,
    complete = function()
      return { 'full' }
    end,
  },
  toggle = {
    run = function()
      require('codeassistd').toggle()
    end,
  },
}

---@return string[]
local function names()
  local found = vim.tbl_keys(M.subcommands)
  table.sort(found)
  return found
end

---@param call vim.api.keyset.create_user_command.command_args
function M.run(call)
  local name, arguments = call.args:match('^(%S+)%s*(.-)%s*$')
  local subcommand = M.subcommands[name]
  if not subcommand then
    message.fail(('there is no %q; there are %s'):format(name, table.concat(names(), ', ')))
    return
  end
  subcommand.run(arguments, call)
end

--- Completion of :CodeAssist.
---@param lead string What is being completed.
---@param line string
---@param column integer Bytes of the line before the cursor.
---@return string[]
function M.complete(lead, line, column)
  local name = line:sub(1, column):match('CodeAssist%s+(%S+)%s')
  local subcommand = name and M.subcommands[name]
  local choices = not name and names() or subcommand and subcommand.complete and subcommand.complete(lead) or {}
  return vim.tbl_filter(function(choice)
    return vim.startswith(choice, lead)
  end, choices)
end

return M
