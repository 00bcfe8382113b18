"""Completion of what is being typed: as Neovim 0.12 shows it, and as the plugin does for 0.11."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import pytest

ON = "require('codeassistd').setup({ inline = { enabled = true } })"
OWN = "require('codeassistd').setup({ inline = { enabled = true, native = false } })"

TYPED = "Go<CR>def retry_upload(action):<CR>    return "


def _line(editor: Any) -> str:
    """The cursor's line, with control characters as they are shown: the model writes them too."""
    line: str = editor.lua("return vim.api.nvim_get_current_line()")
    return "".join(f"^{chr(ord(each) ^ 64)}" if each < " " or each == "\x7f" else each for each in line)


def _until_longer(editor: Any, line: str) -> None:
    deadline = time.monotonic() + 120
    while len(_line(editor)) <= len(line):
        assert time.monotonic() < deadline, editor.messages()


def _until_line(editor: Any, line: str) -> None:
    deadline = time.monotonic() + 120
    while (shown := _line(editor)) != line:
        assert time.monotonic() < deadline, shown


def _press(editor: Any, action: str) -> None:
    editor.type(f"<Plug>(codeassist-{action})")


@pytest.mark.parametrize("setup", [ON, OWN])
def test_a_completion_is_accepted_by_word_and_by_line_and_undone(open_editor: Any, setup: str) -> None:
    editor = open_editor(init=setup)
    editor.ready()
    editor.type(TYPED)
    shown, before = editor.until_ghost(), _line(editor)

    _press(editor, "accept-word")
    _until_longer(editor, before)
    word = _line(editor)[len(before) :]
    assert shown.startswith(word)
    assert len(word) < len(shown)

    assert shown == word + editor.until_ghost()
    _press(editor, "accept-line")
    _until_longer(editor, before + word)
    assert _line(editor).startswith(before + shown)
    assert editor.lua("return vim.fn.col('.') == vim.fn.col('$')")

    editor.type("<Esc>u")
    _until_line(editor, before + word)
    editor.type("u")
    _until_line(editor, before)


def test_a_key_accepts_or_does_what_it_did(open_editor: Any) -> None:
    mapping = (
        "vim.keymap.set('i', '<Tab>', function()"
        " return require('codeassistd').accept() and '' or '<Tab>' end, { expr = true })"
    )
    editor = open_editor(init=f"{ON} {mapping}")
    editor.ready()
    editor.type("Goab<Tab>cd<CR>")
    editor.until("vim.fn.search([[ab\\s\\+cd]], 'nw') > 0")
    editor.type(TYPED.removeprefix("Go<CR>"))
    shown, before = editor.until_ghost(), _line(editor)

    editor.type("<Tab>")

    _until_longer(editor, before)
    assert _line(editor).startswith(before + shown)


def test_our_ghost_text_gives_way(open_editor: Any) -> None:
    editor = open_editor(init=OWN)
    editor.ready()
    editor.type(TYPED)
    shown = editor.until_ghost()

    editor.type(shown[0])
    assert editor.until_ghost() == shown[1:]
    editor.type("<BS>")
    editor.until_ghost()
    editor.type("<Left>")
    editor.until("require('codeassistd').accept() == false")
    assert editor.ghost() == ""

    editor.type("<Esc>A r")
    editor.until_ghost()
    editor.type("<C-n>")
    editor.until("vim.fn.pumvisible() == 1")
    assert editor.ghost() == ""
    editor.type("<C-e>")
    editor.until_ghost()
    editor.type("<Esc>")
    editor.until("vim.api.nvim_get_mode().mode == 'n'")
    assert editor.ghost() == ""

    editor.type("A r")
    editor.until_ghost()
    _press(editor, "dismiss")
    editor.until("require('codeassistd').accept() == false")
    assert editor.ghost() == ""


def test_it_is_off_until_it_is_asked_for(open_editor: Any) -> None:
    editor = open_editor()
    editor.ready()
    events = "vim.api.nvim_get_autocmds({ buffer = 0, event = 'InsertEnter' })"
    assert editor.lua(f"return {events}") == []

    editor.type(":CodeAssist toggle inline<CR>")
    editor.until_said("codeassistd: inline completion on")
    editor.type(TYPED)
    editor.until_ghost()
    editor.type("<Esc>:CodeAssist toggle inline<CR>")
    editor.until_said("codeassistd: inline completion off")
    assert editor.lua(f"return {events}") == []
    editor.type(":CodeAssist toggle everything<CR>")
    editor.until_said('toggle takes "inline" or nothing, not "everything"')


def test_a_server_that_the_user_enables_completes_too(open_editor: Any) -> None:
    options = "vim.g.codeassistd = { autostart = false, inline = { enabled = true } }"
    editor = open_editor(init=f"{options} vim.lsp.enable('codeassistd')")
    editor.ready()
    editor.type(TYPED)
    editor.until_ghost()


def test_a_completion_comes_when_several_files_are_open(open_editor: Any) -> None:
    editor = open_editor(init=ON)
    editor.ready()
    editor.type(":edit docs/guide.md<CR>:edit src/greeting.py<CR>")
    editor.until("vim.fn.expand('%:t') == 'greeting.py'")
    editor.until("vim.tbl_count(vim.lsp.get_clients()[1].attached_buffers) == 3")
    editor.type(TYPED)
    editor.until_ghost()
    assert "inline_completion" not in editor.messages()


def test_nothing_is_shown_after_insert_mode_or_of_a_closed_buffer(open_editor: Any) -> None:
    editor = open_editor(init=ON)
    editor.ready()
    for leave in ("<Esc>", "<Esc>:bwipeout!<CR>:edit src/greeting.py<CR>"):
        editor.type(f"{TYPED}{leave}")
        editor.lua("vim.wait(600)")  # longer than Neovim waits before it asks
        assert editor.ghost() == ""
    assert "inline_completion" not in editor.messages()


def test_completions_come_from_the_daemon_that_replaces_a_killed_one(open_editor: Any) -> None:
    editor = open_editor(init=ON)
    editor.ready()
    editor.type(TYPED)
    editor.until_ghost()
    editor.type("<Esc>")
    killed = editor.request("codeassist/status")["pid"]

    os.kill(killed, signal.SIGKILL)
    while (answer := editor.request("codeassist/status")) is None or answer["pid"] == killed:
        pass
    editor.type("A x + ")

    editor.until_ghost()


def test_what_comes_after_the_cursor_is_shown_where_it_will_be(open_editor: Any) -> None:
    editor = open_editor("", init="vim.bo.tabstop = 4")
    show = (
        "local text, replaced = ...\n"
        "vim.api.nvim_buf_set_lines(0, 0, -1, true, { 'call(x)' })\n"
        "require('codeassistd.inline.drawing').show({ bufnr = vim.api.nvim_get_current_buf(), row = 0,"
        " column = 5, replaced = replaced, text = text })\n"
        "local mark = vim.api.nvim_buf_get_extmarks(0, -1, 0, -1, { details = true })[1]\n"
        "local below = vim.tbl_map(function(line) return line[1][1] end, mark[4].virt_lines or {})\n"
        "return { mark[4].virt_text_pos, mark[4].virt_text[1][1], below }"
    )
    assert editor.lua(show, "a, ", 0) == ["inline", "a, ", []]
    assert editor.screen()[0] == "call(a, x)"
    assert editor.lua(show, "a, x)", 2) == ["inline", "a, ", []]
    assert editor.lua(show, "a).b", 2) == ["overlay", "a).b", []]
    assert editor.screen()[0] == "call(a).b"
    assert editor.lua(show, "\n\ty,\n", 0) == ["overlay", "  ", ["    y,", "x)"]]
    assert editor.screen()[:4] == ["call(", "    y,", "x)", "~"]
