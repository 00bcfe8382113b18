"""The manual is found, and the README's set-up without the plugin works as it is printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PLUGIN = Path(__file__).parents[3] / "editor-clients" / "neovim"


def without_plugin() -> str:
    """The set-up that the page of all editors prints."""
    page = (PLUGIN.parent / "README.md").read_text(encoding="utf-8")
    section = page.partition("## Neovim without the plug-in")[2]
    return f"vim.g.loaded_codeassistd = true\n{section.partition('```lua')[2].partition('```')[0]}"


def test_every_option_and_command_is_in_the_manual(open_editor: Any, tmp_path: Path) -> None:
    (tmp_path / "doc").mkdir()
    (tmp_path / "doc" / "codeassistd.txt").write_text((PLUGIN / "doc" / "codeassistd.txt").read_text())
    editor = open_editor("", init=f"vim.opt.runtimepath:append({str(tmp_path)!r})")
    editor.nvim.command(f"helptags {tmp_path / 'doc'}")

    for subcommand in editor.lua("return vim.tbl_keys(require('codeassistd.command').subcommands)"):
        editor.nvim.command(f"help :CodeAssist-{subcommand}")
    for name in editor.lua("return vim.tbl_keys(require('codeassistd'))"):
        editor.nvim.command(f"help codeassistd.{name}()")
    editor.nvim.command("help codeassistd-options")
    manual = "\n".join(editor.nvim.current.buffer[:])
    for option in ("cmd", "autostart", "results", "limit", "inline", "settings"):
        assert f"\n{option} " in manual


def test_the_set_up_without_the_plugin(open_editor: Any) -> None:
    editor = open_editor(init=without_plugin())
    editor.ready()
    assert editor.lua("return package.loaded['codeassistd.server']") is None

    editor.type("Go<CR>def retry_upload(action):<CR>    return ")
    if editor.lua("return vim.lsp.inline_completion ~= nil"):
        editor.until_ghost()
    editor.until("vim.api.nvim_get_current_line():find('return')")
    before = editor.lua("return #vim.api.nvim_get_current_line()")
    editor.type("<M-l>")
    editor.until(f"#vim.api.nvim_get_current_line() > {before}")
    editor.type("<Esc>")

    editor.type(":Search parse the configuration file<CR>")
    editor.until("vim.fn.getqflist({ size = 0 }).size > 0")
    editor.type("<CR>")
    editor.until("vim.bo.buftype == ''")
    assert editor.place()[0] in {"settings.go", "guide.md"}
    keep = "function(list) symbols = list.items end"
    editor.lua(f"vim.lsp.buf.workspace_symbol('parse settings', {{ on_list = {keep} }})")
    assert editor.until("symbols and symbols[1].filename").endswith("settings.go")
