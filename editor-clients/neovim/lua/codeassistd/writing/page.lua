--- A split with what a model writes, while it writes.
local message = require('codeassistd.message')

---@class codeassistd.Page
---@field bufnr integer
---@field title string
---@field request? codeassistd.Request What is being waited for.
---@field is_done? boolean Whether nothing more comes.
local Page = {}
Page.__index = Page

local M = {}

---@type table<integer, codeassistd.Page> By buffer.
local pages = {}

--- Open a page below the other windows, without going there.
---@param title string
---@param filetype string
---@return codeassistd.Page
function M.open(title, filetype)
  local bufnr = vim.api.nvim_create_buf(false, true)
  local page = setmetatable({ bufnr = bufnr, title = title }, Page)
  pages[bufnr] = page
  vim.bo[bufnr].bufhidden = 'wipe'
  vim.bo[bufnr].undolevels = -1
  vim.bo[bufnr].modifiable = false
  vim.bo[bufnr].filetype = filetype
  vim.api.nvim_open_win(bufnr, false, { split = 'below', win = -1 })
  page:map('<C-c>', 'Stop writing', function()
    page:cancel()
  end)
  page:map('q', 'Close', function()
    page:close()
  end)
  vim.api.nvim_create_autocmd('BufWipeout', {
    buffer = bufnr,
    callback = function()
      page:cancel()
      pages[bufnr] = nil
    end,
  })
  return page
end

--- Stop all that is being written.
---@return integer count
function M.cancel_all()
  local count = 0
  for _, page in pairs(pages) do
    count = count + (page:cancel() and 1 or 0)
  end
  return count
end

---@param lhs string
---@param description string
---@param run fun()
function Page:map(lhs, description, run)
  vim.keymap.set('n', lhs, run, { buffer = self.bufnr, nowait = true, desc = description })
end

---@return integer? window nil when it is closed.
function Page:window()
  local window = vim.fn.bufwinid(self.bufnr)
  return window ~= -1 and window or nil
end

--- Say above the page how things stand.
---@param state string
function Page:say(state)
  local window = self:window()
  if window then
    local text = ('%s: %s'):format(self.title, state):gsub('%s+', ' '):gsub('%%', '%%%%')
    vim.wo[window][0].winbar = text
  end
end

--- Wait for a request, in the page; what comes back belongs to it until it is cancelled or ends.
---@param request codeassistd.Request
function Page:await(request)
  local window = self:window()
  if not window or self.is_done then
    return -- it failed at once
  end
  self.request = request
  self:say('writing; <C-c> stops it')
  if vim.api.nvim_get_mode().mode:find('^[vV\22]') then
    vim.cmd.normal({ '\27', bang = true }) -- the selection would go along
  end
  vim.api.nvim_set_current_win(window)
end

--- Write at the end; who looks at the end goes on looking there.
---@param text string
function Page:append(text)
  if not vim.api.nvim_buf_is_valid(self.bufnr) then
    return
  end
  local count = vim.api.nvim_buf_line_count(self.bufnr)
  local lines = vim.split((text:gsub('\r\n', '\n')), '\n', { plain = true })
  vim.bo[self.bufnr].modifiable = true
  vim.api.nvim_buf_set_text(self.bufnr, -1, -1, -1, -1, lines)
  vim.bo[self.bufnr].modifiable = false
  vim.bo[self.bufnr].modified = false
  for _, window in ipairs(vim.fn.win_findbuf(self.bufnr)) do
    if vim.api.nvim_win_get_cursor(window)[1] == count then
      vim.api.nvim_win_set_cursor(window, { count + #lines - 1, 0 })
    end
  end
end

---@return boolean
function Page:is_empty()
  return not vim.api.nvim_buf_is_valid(self.bufnr)
    or vim.api.nvim_buf_line_count(self.bufnr) == 1
      and vim.api.nvim_buf_get_lines(self.bufnr, 0, 1, true)[1] == ''
end

--- Nothing more comes.
---@param state string
function Page:finish(state)
  self.request, self.is_done = nil, true
  self:say(state)
end

--- What was asked for failed: the user is told, and keeps what there is.
---@param text string
function Page:fail(text)
  message.fail(text)
  self:finish('failed')
  if self:is_empty() then
    self:close()
  end
end

--- Stop what is being written; what there is stays.
---@return boolean Whether anything was.
function Page:cancel()
  local request = self.request
  if request then
    self:finish('stopped')
    request.cancel()
  end
  return request ~= nil
end

function Page:close()
  if vim.api.nvim_buf_is_valid(self.bufnr) then
    vim.api.nvim_buf_delete(self.bufnr, { force = true })
  end
end

return M
