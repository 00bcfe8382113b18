--- What is typed after `:CodeAssist search`: words, filters (lang:go) and where to show results (++to=loclist).
local M = {}

---@class codeassistd.Query: codeassistd.Filter
---@field text string The words.
---@field to? string
---@field limit? integer
---@field mode? string

---@type table<string, 'languages'|'paths'|'kinds'>
M.filters = { lang = 'languages', path = 'paths', kind = 'kinds' }

---@type table<string, fun(value: string): any>
M.options = {
  to = tostring,
  limit = tonumber,
  mode = tostring,
}

--- Words, each with the quoted parts in it taken along.
---@param text string
---@return string[]
local function words_of(text)
  local words, current, quote = {}, '', nil
  for character in text:gmatch('.') do
    if not quote and character:find('%s') then
      if current ~= '' then
        table.insert(words, current)
      end
      current = ''
    else
      -- A quote opens after a colon or a blank only: don't, it's.
      if quote == character then
        quote = nil
      elseif not quote and character == '"' and (current == '' or current:sub(-1) == ':') then
        quote = character
      end
      current = current .. character
    end
  end
  return current == '' and words or vim.list_extend(words, { current })
end

--- Take a query apart. What is no filter and no option is left as it was typed.
---@param typed string
---@return codeassistd.Query
function M.parse(typed)
  local query, kept = {}, {}
  for _, word in ipairs(words_of(typed)) do
    local name, value = word:match('^(%a+):(.+)$')
    local option, setting = word:match('^%+%+(%a+)=(.+)$')
    if name and M.filters[name] and value ~= '""' then
      local values = query[M.filters[name]] or {}
      local is_quoted = value:sub(1, 1) == '"'
      vim.list_extend(values, is_quoted and { (value:gsub('"', '')) } or vim.split(value, ',', { trimempty = true }))
      query[M.filters[name]] = values
    elseif option and M.options[option] then
      query[option] = M.options[option](setting)
    else
      table.insert(kept, word)
    end
  end
  query.text = table.concat(kept, ' ')
  return query
end

--- The filter and limits as the server takes them.
---@param query codeassistd.Query
---@param limit? integer In force when the query says none.
---@return table
function M.params(query, limit)
  return {
    languages = query.languages,
    paths = query.paths,
    kinds = query.kinds,
    limit = query.limit or limit,
  }
end

return M
