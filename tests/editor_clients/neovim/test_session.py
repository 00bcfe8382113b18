"""The server's life in the editor: started, watched, killed, turned off, and what the user sees of it."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

SEARCH = ":CodeAssist search parse the configuration lang:go<CR>"

ATTACHED = "#vim.lsp.get_clients({ name = 'codeassistd', bufnr = 0 }) > 0"

FLOATING = (
    "(function() for _, window in ipairs(vim.api.nvim_list_wins()) do"
    " if vim.api.nvim_win_get_config(window).relative ~= '' then"
    " return table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, true), '\\n')"
    " end end end)()"
)

OLD = "vim.lsp.config, vim.lsp.enable = nil, nil"


def test_nothing_is_loaded_before_it_is_needed(open_editor: Any) -> None:
    loaded = (
        "vim.tbl_filter(function(name) return name:find('^codeassistd') end, vim.tbl_keys(package.loaded))"
    )
    editor = open_editor("", init="vim.g.codeassistd = { autostart = false }")
    assert editor.lua(f"return {loaded}") == []
    assert editor.lua("return vim.fn.exists(':CodeAssist')") == 2

    editor.type(":edit src/retry.py<CR>")
    editor.until("package.loaded['codeassistd.server'] ~= nil")
    assert editor.server_pids() == []

    editor.type(SEARCH)
    assert editor.quickfix()[0]["path"] == "src/settings.go"
    assert editor.until("#vim.lsp.get_clients({ name = 'codeassistd' })") == 1


def test_it_starts_when_it_is_loaded_after_the_first_file(open_editor: Any) -> None:
    editor = open_editor(init="vim.g.loaded_codeassistd = true")
    editor.until("vim.bo.filetype == 'python'")
    editor.lua("vim.g.loaded_codeassistd = nil vim.cmd.runtime('plugin/codeassistd.lua')")
    editor.until(ATTACHED)


def test_files_of_git_and_files_outside_workspaces_start_nothing(open_editor: Any, tmp_path: Path) -> None:
    (tmp_path / "alone.py").write_text("x = 1\n")
    editor = open_editor(str(tmp_path / "alone.py"))
    editor.until("vim.lsp.is_enabled('codeassistd')")
    editor.type(":edit .git/COMMIT_EDITMSG | set filetype=gitcommit<CR>")
    editor.until("vim.bo.filetype == 'gitcommit'")

    assert editor.server_pids() == []


def test_status_reindex_and_statusline(open_editor: Any, user: Any) -> None:
    editor = open_editor(init="function Component() return require('codeassistd').statusline() end")
    editor.lua("vim.o.statusline = '%{%v:lua.Component()%}'")
    editor.ready()

    editor.type(":CodeAssist status<CR>")
    shown = editor.until(FLOATING)
    assert shown.startswith("codeassistd 0.")
    assert "~/workspace\n    ready: 4 files" in shown
    assert "all-MiniLM-L6-v2 (embed)" in shown
    assert any("│    ready: 4 files" in row for row in editor.screen())

    editor.type(":CodeAssist reindex full<CR>")
    editor.until_said(f"looking at every file of {user.workspace}")
    editor.type(":CodeAssist reindex later<CR>")
    editor.until_said('reindex takes "full" or nothing, not "later"')
    assert editor.until("Component() == 'codeassistd' and Component()") == "codeassistd"


def test_progress_is_shown_the_standard_way(open_editor: Any, tmp_path: Path) -> None:
    (tmp_path / "large" / ".git").mkdir(parents=True)
    for number in range(150):
        text = "\n\n".join(
            f"def work_{number}_{each}(x):\n    return x * {number} + {each}" for each in range(25)
        )
        (tmp_path / "large" / f"module_{number}.py").write_text(text)
    editor = open_editor(
        "module_1.py",
        cwd=tmp_path / "large",
        init="function Component() return require('codeassistd').statusline() end\n"
        "Component() seen, texts = {}, {}\n"
        "vim.api.nvim_create_autocmd('LspProgress', { callback = function(event)\n"
        "  local value = event.data.params.value\n"
        "  seen[value.kind], texts[Component()] = value.title or value.message or '', true\n"
        "end })",
    )
    editor.until("seen['end']")

    assert editor.lua("return seen.begin") == "Indexing large"
    texts = editor.lua("return vim.tbl_keys(texts)")
    assert any(text.startswith("codeassistd: indexing ") for text in texts)
    editor.until("Component() == 'codeassistd'")


def test_a_killed_daemon_is_replaced_and_unsaved_text_is_still_found(open_editor: Any) -> None:
    editor = open_editor()
    editor.ready()
    editor.type(":set paste<CR>Go<CR>def walrus_polisher():<CR>    return 1<Esc>")
    killed = editor.request("codeassist/status")["pid"]

    os.kill(killed, signal.SIGKILL)
    # What is asked in the moment of its death fails, and says so.
    while (answer := editor.request("codeassist/status")) is None or answer["pid"] == killed:
        pass
    editor.type(":CodeAssist search walrus_polisher<CR>")

    assert editor.quickfix()[0]["path"] == "src/retry.py"
    assert "def walrus_polisher():" in editor.lua("return vim.fn.getqflist()[1].user_data.snippet")


def test_a_killed_server_is_started_again_by_the_next_command(open_editor: Any) -> None:
    editor = open_editor()
    editor.ready()
    (server,) = editor.server_pids()

    os.kill(server, signal.SIGKILL)
    editor.until_said("Client codeassistd quit with exit code 0 and signal 9")
    editor.type(SEARCH)

    assert editor.quickfix()[0]["path"] == "src/settings.go"
    editor.type(":cclose<CR>")
    editor.until(ATTACHED)


def test_toggle(open_editor: Any) -> None:
    editor = open_editor()
    editor.ready()

    editor.type(":CodeAssist toggle<CR>")
    editor.until_said("codeassistd: off")
    editor.until(f"not ({ATTACHED})")
    editor.type(":CodeAssist toggle<CR>")
    editor.until_said("codeassistd: on")
    editor.until(ATTACHED)


def test_wrong_settings_are_shown_and_can_be_mended_live(open_editor: Any) -> None:
    editor = open_editor(
        init="require('codeassistd').setup({ settings = { search = { limit = 'many' } }, colour = 'red' })"
    )
    editor.until_said("there is no option colour; there are autostart, cmd, inline, limit, results, settings")
    assert "search.limit" in editor.until_said("codeassistd: settings: ")

    editor.ready()
    editor.type(":messages clear<CR>")
    editor.lua("require('codeassistd').setup({ settings = { search = { mode = 'psychic' } } })")
    editor.until_said("search.mode")


def test_settings_hold_at_once(open_editor: Any) -> None:
    editor = open_editor()
    editor.ready()
    editor.type(":CodeAssist search settings<CR>")
    assert len(editor.quickfix()) > 1

    editor.lua("require('codeassistd').setup({ settings = { search = { limit = 1 } } })")
    editor.lua("vim.fn.setqflist({}, 'f')")
    editor.type(":CodeAssist search settings<CR>")
    assert len(editor.quickfix()) == 1


def test_a_server_that_is_not_installed_is_explained_once(open_editor: Any) -> None:
    editor = open_editor(PATH="/usr/bin:/bin")
    said = editor.until_said("codeassistd is not installed, or not on PATH; install it with `uv tool install")
    editor.type(":edit src/greeting.py<CR>")
    editor.until("vim.fn.expand('%:t') == 'greeting.py'")
    assert editor.messages().count("is not installed") == said.count("is not installed") == 1

    editor.type(SEARCH)
    editor.until("select(2, vim.fn.execute('messages'):gsub('is not installed', '')) == 2")
    editor.type(":checkhealth codeassistd<CR>")
    shown = editor.until("vim.bo.filetype == 'checkhealth' and table.concat(vim.fn.getline(1, '$'), '\\n')")
    assert "ERROR codeassistd is not installed, or not on PATH" in shown
    assert "pipx install codeassistd" in shown


def test_checkhealth(open_editor: Any, user: Any) -> None:
    editor = open_editor(init="vim.g.codeassistd = { limit = 0 }")
    editor.ready()

    editor.type(":checkhealth codeassistd<CR>")

    shown = editor.until("vim.bo.filetype == 'checkhealth' and table.concat(vim.fn.getline(1, '$'), '\\n')")
    for line in (
        "OK Neovim 0.1",
        "ERROR option limit is a number from 1",
        "codeassistd lsp",
        "OK installation: codeassistd 0.",
        f"OK workspace: {user.workspace}",
        f"OK serves {user.workspace}: 1 buffers, positions in utf-8",
    ):
        assert line in shown


def test_neovim_before_0_11_is_served_too(open_editor: Any) -> None:
    """Without vim.lsp.config and vim.lsp.enable; what else is old can't be had here."""
    editor = open_editor(init=OLD)
    editor.ready()
    editor.type(":edit src/greeting.py<CR>")
    editor.until(ATTACHED)
    assert editor.lua("return #vim.lsp.get_clients({ name = 'codeassistd' })") == 1

    editor.type(SEARCH)
    assert editor.quickfix()[0]["path"] == "src/settings.go"
    editor.type(":cclose<CR>:CodeAssist toggle<CR>")
    editor.until(f"not ({ATTACHED})")
    editor.type(":CodeAssist toggle<CR>")
    editor.until(ATTACHED)
