--- Completions by Neovim's own means (0.12), `vim.lsp.inline_completion`.
local insertion = require('codeassistd.inline.insertion')
local parts = require('codeassistd.inline.parts')

local M = {}

local METHOD = 'textDocument/inlineCompletion'

---@type table<vim.lsp.Client, boolean> Clients whose requests pass through here.
local guarded = setmetatable({}, { __mode = 'k' })

---@param uri string
---@return boolean Whether somebody types in this document.
local function is_typing_in(uri)
  return vim.api.nvim_get_mode().mode:sub(1, 1) == 'i' and vim.uri_from_bufnr(0) == uri
end

--- Keep from Neovim what comes too late: it asks after Insert mode has ended, fails on answers for buffers that
--- were closed meanwhile, and logs what the server gave up because more was typed.
---@param client vim.lsp.Client
local function guard(client)
  if guarded[client] then
    return
  end
  guarded[client] = true
  local request = client.request
  ---@diagnostic disable-next-line: duplicate-set-field
  function client:request(method, params, handler, bufnr)
    if method ~= METHOD or not handler then
      return request(self, method, params, handler, bufnr)
    elseif not is_typing_in(params.textDocument.uri) then
      return false
    end
    return request(self, method, params, function(failure, answer, context)
      if not failure and is_typing_in(params.textDocument.uri) then
        handler(failure, answer, context)
      end
    end, bufnr)
  end
end

--- Whether this Neovim has them.
---@return boolean
function M.is_available()
  return vim.lsp.inline_completion ~= nil
end

---@param bufnr integer
function M.enable(bufnr)
  for _, client in ipairs(vim.lsp.get_clients({ name = 'codeassistd', bufnr = bufnr })) do
    guard(client)
  end
  vim.lsp.inline_completion.enable(true, { bufnr = bufnr })
end

---@param bufnr integer
function M.disable(bufnr)
  vim.lsp.inline_completion.enable(false, { bufnr = bufnr })
end

--- The part of a completion that isn't typed yet, and where it goes.
---@param item vim.lsp.inline_completion.Item
---@return codeassistd.Insertion?
local function remaining(item)
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local line, text = vim.api.nvim_get_current_line(), item.insert_text --[[@as string]]
  local range = item.range and item.range:to_lsp('utf-8')
  local start, finish = range and range.start.character or column, range and range['end'].character or column
  local typed = line:sub(start + 1, column)
  if range and range.start.line ~= row - 1 or not vim.startswith(text, typed) then
    return nil
  end
  return {
    bufnr = vim.api.nvim_get_current_buf(),
    row = row - 1,
    column = column,
    replaced = math.max(0, finish - column),
    text = text:sub(#typed + 1),
  }
end

--- Accept what is shown, or a part of it.
---@param part codeassistd.Part
---@return boolean Whether anything is shown.
function M.accept(part)
  return vim.lsp.inline_completion.get({
    on_accept = function(item)
      local found = type(item.insert_text) == 'string' and remaining(item)
      if not found then
        return
      end
      local taken = parts.next(found.text, part)
      found.replaced = taken == found.text and found.replaced or 0
      found.text = taken
      insertion.apply(found)
    end,
  })
end

--- Hide what is shown, until more is typed.
---@return boolean Whether anything was.
function M.dismiss()
  return vim.lsp.inline_completion.get({ on_accept = function() end })
end

return M
