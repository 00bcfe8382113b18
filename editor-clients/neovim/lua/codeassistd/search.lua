--- Search and similar code.
local client = require('codeassistd.client')
local config = require('codeassistd.config')
local message = require('codeassistd.message')
local positions = require('codeassistd.positions')
local query = require('codeassistd.query')
local results = require('codeassistd.results')

local M = {}

---@class codeassistd.Live What a picker needs to search as the user types.
---@field title string
---@field search fun(typed: string, on_list: fun(list: codeassistd.List)): codeassistd.Request
---@field to codeassistd.Destination

---@type codeassistd.Request?
local pending

--- Only the latest request is answered.
---@param request codeassistd.Request
local function replace_pending(request)
  if pending then
    pending.cancel()
  end
  pending = request
end

---@param to? codeassistd.Destination
---@return boolean
local function is_destination(to)
  if to == nil or type(to) == 'function' or vim.tbl_contains(config.destinations, to) then
    return true
  end
  message.fail(('++to=%s is not known; there are %s'):format(to, table.concat(config.destinations, ', ')))
  return false
end

---@param asked codeassistd.Query
---@param on_answer fun(answer: codeassistd.SearchAnswer, context: codeassistd.Context)
---@param on_failure? fun(text: string)
---@return codeassistd.Request
local function request(asked, on_answer, on_failure)
  return client.request('codeassist/search', function(context)
    local params = query.params(asked, config.get().limit)
    params.query, params.mode, params.workspace = asked.text, asked.mode, context.root
    return params
  end, on_answer, on_failure)
end

--- Search as the user types, without a message for what goes wrong on the way.
---@param typed string
---@param on_list fun(list: codeassistd.List)
---@return codeassistd.Request
local function search_live(typed, on_list)
  local asked = query.parse(typed)
  local function on_failure()
    on_list({ title = typed, items = {}, encoding = 'utf-8' })
  end
  if asked.text == '' then
    on_failure()
    return { cancel = function() end }
  end
  return request(asked, function(answer, context)
    on_list(results.list(typed, answer, context.client.offset_encoding))
  end, on_failure)
end

--- Ask for a query, in a picker that searches as it is typed where there is one.
---@param to? codeassistd.Destination
local function ask(to)
  local picker = results.picker(results.destination(to))
  if picker and picker.live then
    picker.live({ title = 'codeassistd', search = search_live, to = results.destination(to) })
    return
  end
  vim.ui.input({ prompt = 'Search: ' }, function(typed)
    if typed and vim.trim(typed) ~= '' then
      M.search(typed, to)
    end
  end)
end

--- Search by meaning, words and names.
---@param typed? string Words, filters and options; the user is asked when it has no words.
---@param to? codeassistd.Destination Over what the query and the options say.
function M.search(typed, to)
  local asked = query.parse(typed or '')
  local chosen = to or asked.to
  if not is_destination(chosen) then
    return
  elseif asked.text == '' and next(query.params(asked)) == nil then
    ask(chosen)
    return
  end
  replace_pending(request(asked, function(answer, context)
    results.show(results.list(typed, answer, context.client.offset_encoding), answer, chosen)
  end))
end

--- Find code like some lines of the current buffer.
---@param first integer 1-based.
---@param last integer Inclusive.
---@param typed? string Filters and options.
---@param to? codeassistd.Destination
function M.similar(first, last, typed, to)
  local asked = query.parse(typed or '')
  local chosen = to or asked.to
  if not is_destination(chosen) then
    return
  end
  local bufnr = vim.api.nvim_get_current_buf()
  if vim.bo[bufnr].buftype ~= '' or vim.api.nvim_buf_get_name(bufnr) == '' then
    message.fail('this is no file of a workspace; save it, then ask again')
    return
  end
  local title = ('code like %s:%d'):format(vim.fn.fnamemodify(vim.api.nvim_buf_get_name(bufnr), ':~:.'), first)
  replace_pending(client.request('codeassist/similar', function()
    local params = query.params(asked, config.get().limit)
    params.textDocument = { uri = vim.uri_from_bufnr(bufnr) }
    params.range = positions.lines(first, last)
    return params
  end, function(answer, context)
    results.show(results.list(title, answer, context.client.offset_encoding), answer, chosen)
  end))
end

return M
