--- Parts of a completion that can be accepted one by one. Pure, but for the buffer's idea of a word.
local M = {}

---@alias codeassistd.Part 'all'|'word'|'line'

---@type table<codeassistd.Part, fun(text: string): string>
local takers = {
  all = function(text)
    return text
  end,
  -- Blanks and line ends go with the word after them.
  word = function(text)
    local word = vim.fn.matchstr(text, [[^\_s*\%(\k\+\|\%(\k\@!\S\)\+\)]])
    return word ~= '' and word or text
  end,
  line = function(text)
    return text:match('^\n*[^\n]*')
  end,
}

--- The next part of a text; never empty when the text isn't.
---@param text string
---@param part codeassistd.Part
---@return string
function M.next(text, part)
  return takers[part](text)
end

---@param part any
---@return boolean
function M.is_part(part)
  return takers[part] ~= nil
end

return M
