--- Completions as ghost text of our own, for Neovim without `vim.lsp.inline_completion`.
---
--- The server waits until nobody types, and remembers what it wrote: each change is asked about at once.
local drawing = require('codeassistd.inline.drawing')
local insertion = require('codeassistd.inline.insertion')
local parts = require('codeassistd.inline.parts')
local positions = require('codeassistd.positions')
local server = require('codeassistd.server')

local M = {}

local METHOD = 'codeassist/inlineCompletion'

local AUTOMATIC = 2

local GROUP = 'codeassistd.inline:%d'

---@class codeassistd.Place Where the cursor is, in which text.
---@field bufnr integer
---@field tick integer
---@field row integer 0-based.
---@field column integer Bytes.
---@field tail string The line after the cursor.

---@class codeassistd.Ghost: codeassistd.Insertion
---@field tail string The line after the cursor; while it is the same, what is typed may be a part of the text.

---@type codeassistd.Ghost?
local shown

---@type codeassistd.Place?
local last

---@type { client: vim.lsp.Client, number: integer }? The request that has no answer yet.
local pending

---@return codeassistd.Place
local function here()
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  return {
    bufnr = vim.api.nvim_get_current_buf(),
    tick = vim.api.nvim_buf_get_changedtick(0),
    row = row - 1,
    column = column,
    tail = vim.api.nvim_get_current_line():sub(column + 1),
  }
end

---@return boolean Whether somebody types text, and nothing else is shown at the cursor.
local function is_typing()
  return vim.api.nvim_get_mode().mode:sub(1, 1) == 'i'
    and vim.fn.pumvisible() == 0
    and vim.fn.reg_executing() == ''
    and not vim.o.paste
end

local function hide()
  if shown then
    drawing.hide(shown.bufnr)
    shown = nil
  end
end

local function reset()
  hide()
  if pending then
    server.call(pending.client, 'cancel_request', pending.number)
    pending = nil
  end
end

---@param place codeassistd.Place
---@param item codeassistd.InlineCompletionItem
---@param encoding string
local function show(place, item, encoding)
  local line = vim.api.nvim_get_current_line()
  local first = positions.byte(line, item.range.start.character, encoding)
  local finish = positions.byte(line, item.range['end'].character, encoding)
  local text, typed = item.insertText:gsub('\r\n', '\n'), line:sub(first + 1, place.column)
  if item.range.start.line ~= place.row or first > place.column or not vim.startswith(text, typed) then
    return
  end
  shown = {
    bufnr = place.bufnr,
    row = place.row,
    column = place.column,
    replaced = math.max(0, finish - place.column),
    text = text:sub(#typed + 1),
    tail = place.tail,
  }
  drawing.show(shown)
end

---@param place codeassistd.Place
local function ask(place)
  local client = vim.lsp.get_clients({ name = server.name, bufnr = place.bufnr })[1]
  if not client then
    return
  end
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding) --[[@as table]]
  params.context = { triggerKind = AUTOMATIC }
  local request
  local is_sent, number = server.call(client, 'request', METHOD, params, function(failure, answer)
    if pending == request then
      pending = nil
    end
    -- A completion that fails is not worth a message: the server's status has it.
    if not failure and vim.deep_equal(place, here()) and is_typing() then
      hide()
      if answer.items[1] then
        show(place, answer.items[1], client.offset_encoding)
      end
    end
  end, place.bufnr)
  request = is_sent and { client = client, number = number } or nil
  pending = request
end

--- Keep showing what is left, if what was typed is the beginning of it.
---@param place codeassistd.Place
local function advance(place)
  local before = shown
  hide()
  if not before or before.tail ~= place.tail or before.bufnr ~= place.bufnr then
    return
  elseif place.row < before.row or place.row == before.row and place.column < before.column then
    return
  end
  local typed =
    table.concat(vim.api.nvim_buf_get_text(0, before.row, before.column, place.row, place.column, {}), '\n')
  if #typed < #before.text and vim.startswith(before.text, typed) then
    before.text, before.row, before.column = before.text:sub(#typed + 1), place.row, place.column
    shown = before
    drawing.show(shown)
  end
end

--- The text or the cursor may have changed.
local function follow()
  local place, earlier = here(), last
  if not is_typing() then
    reset()
    return
  elseif vim.deep_equal(place, earlier) then
    return
  end
  last = place
  if earlier and earlier.tick == place.tick and earlier.bufnr == place.bufnr then
    reset() -- the cursor was moved: who moves it reads
    return
  end
  advance(place)
  ask(place)
end

local function leave()
  reset()
  last = nil
end

--- Complete what is typed in a buffer.
---@param bufnr integer
function M.enable(bufnr)
  local group = vim.api.nvim_create_augroup(GROUP:format(bufnr), {})
  vim.api.nvim_create_autocmd({ 'CursorMovedI', 'TextChangedI' }, { group = group, buffer = bufnr, callback = follow })
  vim.api.nvim_create_autocmd({ 'InsertEnter', 'CompleteDone' }, {
    group = group,
    buffer = bufnr,
    -- Scheduled: the mode and the cursor are not yet what they will be.
    callback = vim.schedule_wrap(function()
      if vim.api.nvim_get_current_buf() == bufnr then
        last = nil
        follow()
      end
    end),
  })
  vim.api.nvim_create_autocmd({ 'CompleteChanged', 'TextChangedP' }, { group = group, buffer = bufnr, callback = reset })
  vim.api.nvim_create_autocmd({ 'InsertLeave', 'BufLeave' }, { group = group, buffer = bufnr, callback = leave })
end

---@param bufnr integer
function M.disable(bufnr)
  pcall(vim.api.nvim_del_augroup_by_name, GROUP:format(bufnr))
  if shown and shown.bufnr == bufnr then
    leave()
  end
end

--- Accept what is shown, or a part of it; the rest stays.
---@param part codeassistd.Part
---@return boolean Whether anything is shown.
function M.accept(part)
  if not shown then
    return false
  end
  local ghost, place = vim.deepcopy(shown), here()
  -- Scheduled: the caller may be an <expr> mapping, which may not change text.
  vim.schedule(function()
    -- What was seen is accepted, even if another answer has come meanwhile.
    if not vim.deep_equal(place, here()) then
      return
    end
    local taken = parts.next(ghost.text, part)
    local replaced = taken == ghost.text and ghost.replaced or 0
    insertion.apply(vim.tbl_extend('force', ghost, { text = taken, replaced = replaced }))
  end)
  return true
end

--- Hide what is shown, until more is typed.
---@return boolean Whether anything was.
function M.dismiss()
  local is_shown = shown ~= nil
  reset()
  return is_shown
end

return M
