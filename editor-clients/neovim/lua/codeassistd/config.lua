--- The options of the plugin: `vim.g.codeassistd`, and over it what `setup` was given.
local M = {}

---@alias codeassistd.Destination
---| 'auto' telescope or fzf-lua when there is one, else the quickfix list
---| 'quickfix'
---| 'loclist'
---| 'select' vim.ui.select
---| 'telescope'
---| 'fzf-lua'
---| fun(list: codeassistd.List) shows them itself

---@class (exact) codeassistd.InlineConfig
---@field enabled boolean Whether what is being typed is completed.
---@field native boolean Whether Neovim shows completions itself where it can (0.12).

---@class (exact) codeassistd.InlineOptions
---@field enabled? boolean
---@field native? boolean

---@class (exact) codeassistd.Config
---@field cmd? string[] The server's command; found on PATH and in ~/.local/bin when absent.
---@field autostart boolean Whether opening a file of a workspace starts the server.
---@field results codeassistd.Destination Where results are shown.
---@field limit? integer Most results; the server's own choice when absent.
---@field inline codeassistd.InlineConfig
---@field settings table<string, any> Settings of codeassistd itself; the server checks them.

---@class (exact) codeassistd.Options
---@field cmd? string[]
---@field autostart? boolean
---@field results? codeassistd.Destination
---@field limit? integer
---@field inline? codeassistd.InlineOptions
---@field settings? table<string, any>

---@type string[]
M.destinations = { 'auto', 'quickfix', 'loclist', 'select', 'telescope', 'fzf-lua' }

---@type codeassistd.Config
local defaults = { autostart = true, results = 'auto', inline = { enabled = false, native = true }, settings = {} }

---@param value any
---@return boolean Whether it is a table with nothing but switches of `inline`.
local function has_inline_switches(value)
  if type(value) ~= 'table' then
    return false
  end
  for name, switch in pairs(value) do
    if defaults.inline[name] == nil or type(switch) ~= 'boolean' then
      return false
    end
  end
  return true
end

---@type table<string, fun(value: any): string?> What is wrong with a value.
local rules = {
  cmd = function(value)
    local is_command = type(value) == 'table' and value[1] ~= nil and vim.islist(value)
    return not is_command and 'is a list such as { "codeassistd", "lsp" }' or nil
  end,
  autostart = function(value)
    return type(value) ~= 'boolean' and 'is true or false' or nil
  end,
  results = function(value)
    local is_known = vim.is_callable(value) or vim.tbl_contains(M.destinations, value)
    return not is_known and 'is a function or one of ' .. table.concat(M.destinations, ', ') or nil
  end,
  limit = function(value)
    return not (type(value) == 'number' and value >= 1) and 'is a number from 1' or nil
  end,
  inline = function(value)
    return not has_inline_switches(value) and 'is a table with enabled and native, each true or false' or nil
  end,
  settings = function(value)
    return type(value) ~= 'table' and 'is a table such as { search = { limit = 20 } }' or nil
  end,
}

---@type codeassistd.Options
local given = {}

---@return codeassistd.Options
local function all_given()
  local global = type(vim.g.codeassistd) == 'table' and vim.g.codeassistd or {}
  return vim.tbl_extend('force', global, given)
end

--- Take options; those not named keep their value.
---@param options codeassistd.Options
function M.set(options)
  given = vim.tbl_extend('force', given, options)
end

--- The options in force; wrong ones count as absent.
---@return codeassistd.Config
function M.get()
  local options = vim.deepcopy(defaults)
  for name, value in pairs(all_given()) do
    if rules[name] and not rules[name](value) then
      options[name] = name == 'inline' and vim.tbl_extend('force', defaults.inline, value) or value
    end
  end
  return options
end

--- What is wrong with the options, one line each.
---@return string[]
function M.problems()
  local found = {}
  for name, value in pairs(all_given()) do
    if not rules[name] then
      local known = vim.tbl_keys(rules)
      table.sort(known)
      table.insert(found, ('there is no option %s; there are %s'):format(name, table.concat(known, ', ')))
    elseif rules[name](value) then
      table.insert(found, ('option %s %s'):format(name, rules[name](value)))
    end
  end
  table.sort(found)
  return found
end

return M
