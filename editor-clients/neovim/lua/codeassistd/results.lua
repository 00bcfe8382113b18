--- Shows what was found.
local config = require('codeassistd.config')
local message = require('codeassistd.message')
local positions = require('codeassistd.positions')

local M = {}

---@class codeassistd.Item: vim.quickfix.entry
---@field filename string
---@field lnum integer
---@field end_lnum integer
---@field col integer
---@field text string
---@field user_data codeassistd.SearchResult

---@class codeassistd.List
---@field title string
---@field items codeassistd.Item[] Best first.
---@field encoding string Position encoding of the results' ranges.

---@type table<string, string> Modules that show a list.
local pickers = {
  select = 'codeassistd.pickers.select',
  telescope = 'codeassistd.pickers.telescope',
  ['fzf-lua'] = 'codeassistd.pickers.fzf_lua',
}

--- The line that names the symbol, else the first that says something.
---@param result codeassistd.SearchResult
---@return string
local function headline(result)
  local name = result.symbol:match('[^%.]*$')
  for line in vim.gsplit(result.snippet, '\n', { plain = true }) do
    if line:find('%w') and line:find(name, 1, true) then
      return vim.trim(line)
    end
  end
  return vim.trim(result.snippet:match('[^\n]*'))
end

--- The lines to jump to: of the symbol itself, without code before it, where it is known.
---@param result codeassistd.SearchResult
---@return lsp.Range
local function place(result)
  return result.symbolRange or result.range
end

--- The byte column, from 1, of where a place begins.
---@param result codeassistd.SearchResult
---@param encoding string
---@return integer
local function column(result, encoding)
  local start = place(result).start
  local lines = vim.split(result.snippet, '\n', { plain = true })
  local line = lines[start.line - result.range.start.line + 1] or ''
  return positions.byte(line, start.character, encoding) + 1
end

---@param result codeassistd.SearchResult
---@param encoding string
---@return codeassistd.Item
function M.item(result, encoding)
  local range = place(result)
  local last = range['end'].line + (range['end'].character > 0 and 1 or 0)
  local name = result.symbol ~= '' and ('%s %s  '):format(result.kind, result.symbol) or ''
  return {
    filename = vim.uri_to_fname(result.uri),
    lnum = range.start.line + 1,
    end_lnum = math.max(last, range.start.line + 1),
    col = column(result, encoding),
    text = name .. headline(result),
    user_data = result,
  }
end

---@param title string
---@param answer codeassistd.SearchAnswer
---@param encoding string
---@return codeassistd.List
function M.list(title, answer, encoding)
  local items = vim.tbl_map(function(result)
    return M.item(result, encoding)
  end, answer.results)
  return { title = title, items = items, encoding = encoding }
end

--- What an index that isn't complete means for an answer; nil when it is.
---@param answer codeassistd.SearchAnswer
---@return string?
function M.caveat(answer)
  if answer.complete then
    return nil
  elseif not answer.hasEveryFile then
    return 'the index is still being made: more may be found soon'
  end
  return ('%d of %d places are known by their words only, so far'):format(
    answer.chunks - answer.embedded,
    answer.chunks
  )
end

--- Go to a result, by way of the jump list.
---@param list codeassistd.List
---@param item codeassistd.Item
function M.open(list, item)
  local location = { uri = item.user_data.uri, range = place(item.user_data) }
  vim.lsp.util.show_document(location, list.encoding, { focus = true, reuse_win = false })
end

---@param list codeassistd.List
---@param set fun(list: table)
---@param window string Command that opens the list's window.
local function show_list(list, set, window)
  set({ title = list.title, items = list.items, context = { codeassistd = true } })
  vim.cmd(('botright %s %d'):format(window, math.min(10, #list.items)))
end

--- Where results go when nobody has said.
---@return string
function M.preferred()
  for _, name in ipairs({ 'telescope', 'fzf-lua' }) do
    -- Required, not looked for on the runtime path: some managers of plugins put it there only then.
    if pcall(require, name) then
      return name
    end
  end
  return 'quickfix'
end

--- The place for results.
---@param to? codeassistd.Destination
---@return codeassistd.Destination
function M.destination(to)
  local chosen = to or config.get().results
  return chosen == 'auto' and M.preferred() or chosen
end

--- The module that shows lists in a picker; nil for other destinations.
---@param to codeassistd.Destination
---@return { show: fun(list: codeassistd.List), live?: fun(options: codeassistd.Live) }?
function M.picker(to)
  return pickers[to] and require(pickers[to]) or nil
end

--- Show an answer.
---@param list codeassistd.List
---@param answer codeassistd.SearchAnswer
---@param to? codeassistd.Destination
function M.show(list, answer, to)
  local caveat = M.caveat(answer)
  if #list.items == 0 then
    message.show(('nothing found for %s%s'):format(list.title, caveat and '; ' .. caveat or ''))
    return
  end
  local chosen = M.destination(to)
  local picker = M.picker(chosen)
  if type(chosen) == 'function' then
    chosen(list)
  elseif picker then
    picker.show(list)
  elseif chosen == 'loclist' then
    show_list(list, function(what)
      vim.fn.setloclist(0, {}, ' ', what)
    end, 'lopen')
  else
    show_list(list, function(what)
      vim.fn.setqflist({}, ' ', what)
    end, 'copen')
  end
  if caveat then
    message.show(caveat)
  end
end

return M
