"""The manual is found, and the README's set-up without the plugin works as it is printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PLUGIN = Path(__file__).parents[3] / "editor-clients" / "neovim"

WITHOUT_PLUGIN = "### Neovim, plain vim.lsp.start"


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


def test_the_setup_without_the_plugin_searches(open_editor: Any) -> None:
    readme = (PLUGIN / "README.md").read_text()
    snippet = readme.partition(WITHOUT_PLUGIN)[2].partition("```lua\n")[2].partition("```")[0]
    editor = open_editor(init=f"vim.g.loaded_codeassistd = true\n{snippet}")
    editor.ready()

    editor.type(":Search parse the configuration file<CR>")

    editor.until("vim.fn.getqflist({ size = 0 }).size > 0")
    editor.type("<CR>")
    assert editor.place()[0] in {"settings.go", "guide.md"}
