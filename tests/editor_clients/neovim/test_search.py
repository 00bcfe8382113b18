"""Searching, with typed keys, and where the results go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

SETTINGS = "parse settings from the configuration file"


def test_results_fill_the_quickfix_list_and_open_at_their_line(open_editor: Any) -> None:
    editor = open_editor()
    editor.ready()

    editor.type(":CodeAssist search run a step again and again<CR>")

    first = editor.quickfix()[0]
    assert (first["path"], first["line"], first["last"]) == ("src/retry.py", 14, 21)
    assert first["text"] == "function repeat_until_done  def repeat_until_done(step, limit):"
    assert editor.lua("return vim.fn.getqflist({ title = 0 }).title") == "run a step again and again"
    row = "src/retry.py|14-21 col 1| function repeat_until_done  def repeat_until_done(step, limit):"
    assert row[:80] in editor.screen()
    editor.type("<CR>")
    assert editor.place() == ("retry.py", 14)


def test_filters_are_typed_in_the_query(open_editor: Any) -> None:
    editor = open_editor()
    editor.ready()
    found = {}
    for filters in ("lang:go", "path:docs/**", "kind:function lang:go,python", 'path:"src/settings.go"'):
        editor.lua("vim.fn.setqflist({}, 'f')")
        editor.type(f":CodeAssist search {SETTINGS} {filters}<CR>")
        found[filters] = {each["path"] for each in editor.quickfix()}

    assert found["lang:go"] == {"src/settings.go"}
    assert found["path:docs/**"] == {"docs/guide.md"}
    assert "src/settings.go" in found["kind:function lang:go,python"]
    assert "docs/guide.md" not in found["kind:function lang:go,python"]
    assert found['path:"src/settings.go"'] == {"src/settings.go"}


def test_results_go_where_the_user_wants_them(open_editor: Any) -> None:
    editor = open_editor()
    editor.ready()

    editor.type(f":CodeAssist search ++to=loclist ++limit=1 {SETTINGS} lang:go<CR>")
    editor.until("vim.w.quickfix_title or vim.bo.buftype == 'quickfix'")
    editor.type("<CR>")
    assert editor.place() == ("settings.go", 4)
    assert editor.lua("return vim.fn.getqflist({ size = 0 }).size") == 0

    editor.lua("vim.ui.select = function(items, options, choose) vim.g.rows = #items; choose(items[1]) end")
    editor.type(f":CodeAssist search ++to=select {SETTINGS} lang:markdown<CR>")
    editor.until("vim.g.rows == 1")
    assert editor.place()[0] == "guide.md"

    editor.lua("require('codeassistd').search(..., function(list) vim.g.title = list.title end)", SETTINGS)
    assert editor.until("vim.g.title") == SETTINGS


def test_a_query_is_asked_for_when_there_is_none(open_editor: Any) -> None:
    editor = open_editor()
    editor.ready()

    editor.type(":CodeAssist search<CR>")
    editor.type(f"{SETTINGS} lang:go<CR>")

    assert editor.quickfix()[0]["path"] == "src/settings.go"


def test_code_like_the_visual_selection(open_editor: Any) -> None:
    editor = open_editor()
    editor.ready()

    editor.type("4GV11G:CodeAssist similar kind:function<CR>")

    first = editor.quickfix()[0]
    assert (first["path"], first["line"]) == ("src/retry.py", 14)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_unsaved_text_is_found_whatever_the_position_encoding(open_editor: Any, encoding: str) -> None:
    offered = f"{{ general = {{ positionEncodings = {{ {encoding!r} }} }} }}"
    editor = open_editor(
        "src/greeting.py", init=f"vim.lsp.config('codeassistd', {{ capabilities = {offered} }})"
    )
    editor.ready()
    assert editor.lua("return vim.lsp.get_clients({ bufnr = 0 })[1].offset_encoding") == encoding

    # Behind characters that each encoding counts differently.
    editor.type("2G$i, wie geht's<Esc>:set paste<CR>Go<CR>def zebra_crossing_warden():<CR>    return 1<Esc>")
    editor.type(":CodeAssist search zebra_crossing_warden<CR>")

    assert editor.quickfix()[0]["path"] == "src/greeting.py"
    shown = editor.lua("return vim.fn.getqflist()[1].user_data.snippet")
    assert 'GREETING = "😀 grüß dich, wie geht\'s"' in shown
    assert shown.endswith("def zebra_crossing_warden():\n    return 1")


def test_nothing_found_is_said(open_editor: Any) -> None:
    editor = open_editor()
    editor.ready()

    editor.type(":CodeAssist search anything lang:haskell<CR>")

    editor.until_said("codeassistd: nothing found for anything lang:haskell")


def test_search_without_a_file_is_about_the_current_folder(open_editor: Any, user: Any) -> None:
    editor = open_editor("", cwd=user.workspace / "src")

    editor.type(f":CodeAssist search {SETTINGS} lang:go<CR>")

    assert editor.quickfix()[0]["path"] == "src/settings.go"


def test_wrong_input_is_explained(open_editor: Any) -> None:
    editor = open_editor()
    editor.ready()

    editor.type(":CodeAssist serch x<CR>")
    editor.until_said('there is no "serch"; there are cancel, explain, generate, reindex')
    editor.type(":CodeAssist search ++to=nowhere x<CR>")
    editor.until_said("++to=nowhere is not known; there are auto, quickfix")
    editor.type(":CodeAssist search ++mode=psychic x<CR>")
    editor.until_said("psychic")


def test_completion(open_editor: Any, tmp_path: Path) -> None:
    editor = open_editor()

    def complete(line: str) -> list[str]:
        found: list[str] = editor.lua("return vim.fn.getcompletion(..., 'cmdline')", line)
        return found

    assert complete("CodeAssist ") == [
        "cancel",
        "explain",
        "generate",
        "reindex",
        "rewrite",
        "search",
        "similar",
        "status",
        "toggle",
    ]
    assert complete("CodeAssist re") == ["reindex", "rewrite"]
    assert complete("CodeAssist reindex ") == ["full"]
    assert "++to=loclist" in complete("CodeAssist search ++to=")
    assert complete("CodeAssist search word path:src/set") == ["path:src/settings.go"]
    assert complete("'<,'>CodeAssist similar ki") == ["kind:"]
