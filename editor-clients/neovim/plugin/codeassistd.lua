-- What every start of Neovim pays for: one command and one autocommand. The rest loads when it is needed.
if vim.g.loaded_codeassistd then
  return
end
vim.g.loaded_codeassistd = true

if vim.fn.has('nvim-0.10') == 0 then
  vim.notify('codeassistd: Neovim 0.10 or newer is needed', vim.log.levels.ERROR)
  return
end

vim.api.nvim_create_user_command('CodeAssist', function(call)
  require('codeassistd.command').run(call)
end, {
  nargs = '+',
  bang = true,
  range = true,
  desc = 'Search code by meaning, words and names, and have some written',
  complete = function(lead, line, column)
    return require('codeassistd.command').complete(lead, line, column)
  end,
})

for name, call in pairs({
  ['accept'] = 'accept()',
  ['accept-word'] = "accept('word')",
  ['accept-line'] = "accept('line')",
  ['dismiss'] = 'dismiss()',
}) do
  vim.keymap.set('i', ('<Plug>(codeassist-%s)'):format(name), ("<Cmd>lua require('codeassistd').%s<CR>"):format(call))
end

---@param bufnr integer
---@return boolean Whether it has a file.
local function has_file(bufnr)
  return vim.bo[bufnr].buftype == '' and vim.api.nvim_buf_get_name(bufnr) ~= ''
end

local function autostart()
  -- Scheduled: a server that is enabled while FileType runs would miss this very event.
  vim.schedule(function()
    require('codeassistd.server').autostart()
  end)
end

-- Managers of plugins may load this after files were opened.
if vim.v.vim_did_enter == 1 and vim.iter(vim.api.nvim_list_bufs()):any(function(bufnr)
  return vim.api.nvim_buf_is_loaded(bufnr) and has_file(bufnr)
end) then
  autostart()
  return
end

vim.api.nvim_create_autocmd('FileType', {
  group = vim.api.nvim_create_augroup('codeassistd', {}),
  desc = 'Start codeassistd when the first file of a workspace is opened',
  callback = function(event)
    if has_file(event.buf) then
      autostart()
      return true
    end
  end,
})
