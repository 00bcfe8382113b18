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

--- The lines that a command was given.
---@param call vim.api.keyset.create_user_command.command_args
---@return integer? first nil when it was given none.
---@return integer? last
local function lines_of(call)
  if call.range > 0 then
    return call.line1, call.line2
  end
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
      local first, last = lines_of(call)
      first = first or vim.api.nvim_win_get_cursor(0)[1]
      require('codeassistd.search').similar(first, last or first, arguments)
    end,
    complete = complete_query,
  },
  status = {
    run = function()
      require('codeassistd').status()
    end,
  },
  generate = {
    run = function(arguments, call)
      local write = require('codeassistd')[call.bang and 'rewrite' or 'generate']
      write(arguments, lines_of(call))
    end,
  },
  rewrite = {
    run = function(arguments, call)
      require('codeassistd').rewrite(arguments, lines_of(call))
    end,
  },
  explain = {
    run = function(_, call)
      require('codeassistd').explain(lines_of(call))
    end,
  },
  cancel = {
    run = function()
      require('codeassistd').cancel()
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
    run = function(arguments)
      if arguments == 'inline' then
        require('codeassistd').toggle_inline()
      elseif arguments == '' then
        require('codeassistd').toggle()
      else
        message.fail(('toggle takes "inline" or nothing, not %q'):format(arguments))
      end
    end,
    complete = function()
      return { 'inline' }
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
