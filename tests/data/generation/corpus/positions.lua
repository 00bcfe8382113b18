--- Positions of the protocol and of Neovim, which counts bytes.
local M = {}

--- Bytes of a line before a position.
---@param line string
---@param character integer In units of the encoding; past the end counts as the end.
---@param encoding string
---@return integer
function M.byte(line, character, encoding)
  if character == 0 then
    return 0
  elseif vim.fn.has('nvim-0.11') == 1 then
    return vim.str_byteindex(line, encoding, character, false)
  end
  return vim.lsp.util._str_byteindex_enc(line, character, encoding)
end

--- Whole lines as a range; no columns are counted, whatever the position encoding.
---@param first integer 1-based.
---@param last integer Inclusive.
---@return lsp.Range
function M.lines(first, last)
  return { start = { line = first - 1, character = 0 }, ['end'] = { line = last, character = 0 } }
end

return M
