--- :checkhealth codeassistd
local config = require('codeassistd.config')
local server = require('codeassistd.server')

local M = {}

local DOCTOR_MS = 30000

local health = vim.health

--- The command that runs another subcommand of the same installation.
---@param cmd string[] Of the language server.
---@return string[]? Nil when it doesn't look like codeassistd.
local function program(cmd)
  for index, argument in ipairs(cmd) do
    if argument == 'lsp' and index > 1 then
      return vim.list_slice(cmd, 1, index - 1)
    end
  end
end

---@type table<string, fun(text: string, advice?: string[])>
local reports = { ok = health.ok, warn = health.warn, fail = health.error }

local function check_editor()
  local version = vim.version()
  local found = ('Neovim %d.%d.%d'):format(version.major, version.minor, version.patch)
  if vim.fn.has('nvim-0.10') == 0 then
    health.error(found, { 'use Neovim 0.10 or newer' })
  else
    health.ok(found)
  end
  health.info('results go to ' .. tostring(require('codeassistd.results').destination()))
end

local function check_options()
  local problems = config.problems()
  for _, problem in ipairs(problems) do
    health.error(problem, { '`:help codeassistd-options` lists them' })
  end
  if #problems == 0 then
    health.ok('options')
  end
end

---@param cmd string[]
local function check_installation(cmd)
  local doctor = program(cmd)
  if not doctor then
    health.info('the command is not `codeassistd lsp`, so `codeassistd doctor` was not run')
    return
  end
  local done = vim
    .system(vim.list_extend(doctor, { 'doctor', '--json' }), { cwd = server.current_root(), text = true })
    :wait(DOCTOR_MS)
  local is_json, verdict = pcall(vim.json.decode, done.stdout or '')
  if not is_json or type(verdict) ~= 'table' or not verdict.checks then
    health.error('`codeassistd doctor` failed: ' .. vim.trim(done.stderr or ''), { 'reinstall codeassistd' })
    return
  end
  for _, check in ipairs(verdict.checks) do
    local report = reports[check.level] or health.warn
    report(('%s: %s'):format(check.name, check.message), check.remedy ~= '' and { check.remedy } or nil)
  end
end

local function check_inline()
  local inline = require('codeassistd.inline')
  if not inline.is_on() then
    health.info('inline completion is off; `:CodeAssist toggle inline` turns it on')
    return
  end
  health.ok(('inline completion is on, shown by %s'):format(inline.is_native() and 'Neovim' or 'the plugin'))
end

local function check_sessions()
  local clients = vim.lsp.get_clients({ name = server.name })
  for _, client in ipairs(clients) do
    health.ok(
      ('serves %s: %d buffers, positions in %s'):format(
        client.root_dir or '?',
        vim.tbl_count(client.attached_buffers),
        client.offset_encoding
      )
    )
  end
  if #clients == 0 then
    health.info('serves nothing yet; it starts with the first file of a workspace or with :CodeAssist')
  end
end

function M.check()
  health.start('codeassistd: plugin')
  check_editor()
  check_options()
  check_inline()
  health.start('codeassistd: language server')
  local cmd = server.effective_config().cmd
  if type(cmd) == 'function' then
    health.info('the command is a function, so it is not checked')
  elseif vim.fn.executable(cmd[1]) == 0 then
    health.error(('%s is not installed, or not on PATH'):format(cmd[1]), {
      'uv tool install codeassistd',
      'pipx install codeassistd',
      'or set the option cmd, for instance { "/opt/codeassistd/bin/codeassistd", "lsp" }',
    })
  else
    health.ok(table.concat({ vim.fn.exepath(cmd[1]), unpack(cmd, 2) }, ' '))
    check_installation(cmd)
  end
  health.start('codeassistd: sessions')
  check_sessions()
end

return M
