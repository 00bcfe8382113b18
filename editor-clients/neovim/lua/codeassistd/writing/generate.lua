--- Has text written, about lines of a file or the whole workspace, and shows it as it comes.
local asking = require('codeassistd.writing.asking')
local client = require('codeassistd.client')
local page = require('codeassistd.writing.page')
local stream = require('codeassistd.stream')

local M = {}

--- Lines of the workspace that the model was given, as entries of a location list.
---@param sources codeassistd.GenerateSource[]
---@return vim.quickfix.entry[]
local function entries(sources)
  return vim.tbl_map(function(source)
    local first = source.range.start.line + 1
    local last = math.max(first, source.range['end'].line)
    return {
      filename = vim.uri_to_fname(source.uri),
      lnum = first,
      end_lnum = last,
      text = first == last and ('line %d'):format(first) or ('lines %d to %d'):format(first, last),
    }
  end, sources)
end

---@param shown codeassistd.Page
---@param answer codeassistd.GenerateAnswer
---@param instruction string
local function finish(shown, answer, instruction)
  shown:append(answer.text)
  local notes = { ('%d tokens by %s'):format(answer.usage.completionTokens, answer.model) }
  if answer.endpoint then
    notes[1] = ('%s at %s'):format(notes[1], answer.endpoint)
  end
  if answer.finishReason == 'length' then
    table.insert(notes, 'cut off: more tokens are not allowed')
  end
  local window = shown:window()
  if window and #answer.sources > 0 then
    vim.fn.setloclist(window, {}, ' ', { title = 'sources: ' .. instruction, items = entries(answer.sources) })
    table.insert(notes, ('%d sources, :lopen'):format(#answer.sources))
  end
  shown:finish(table.concat(notes, '; '))
end

--- Have text written.
---@param instruction string
---@param subject? codeassistd.Subject The workspace when absent.
local function run(instruction, subject)
  local shown = page.open(instruction, 'markdown')
  local token = stream.open(function(text)
    shown:append(text)
  end)
  shown:await(client.request('codeassist/generate', function(context)
    return vim.tbl_extend('error', subject or {}, {
      instruction = instruction,
      workspace = context.root,
      partialResultToken = token,
    })
  end, function(answer)
    stream.close(token)
    finish(shown, answer, instruction)
  end, function(text)
    stream.close(token)
    shown:fail(text)
  end))
end

--- Have text written; the user is asked for an instruction when there is none.
---@param instruction? string
---@param subject? codeassistd.Subject
function M.generate(instruction, subject)
  asking.instruction(instruction, 'Generate: ', function(given)
    run(given, subject)
  end)
end

return M
