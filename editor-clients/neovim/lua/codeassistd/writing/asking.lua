--- What a person wants, in words.
local M = {}

--- Call back with an instruction: the one that is given, or else one that is asked for.
---@param given? string
---@param prompt string
---@param on_instruction fun(instruction: string) Not called when there is none.
function M.instruction(given, prompt, on_instruction)
  if given and vim.trim(given) ~= '' then
    on_instruction(given)
    return
  end
  vim.ui.input({ prompt = prompt }, function(typed)
    if typed and vim.trim(typed) ~= '' then
      on_instruction(typed)
    end
  end)
end

return M
