"""Searching: the palette, what is previewed and opened, and the view in the side bar."""

from __future__ import annotations

import re
from typing import Any

AGAIN = "run a step again and again"
BEST = "repeat_until_done | src/retry.py:14 | def repeat_until_done(step, limit):"


def names(rows: list[str]) -> set[str]:
    """The files that results are in."""
    return {found[1] for row in rows if (found := re.search(r"([\w/]+\.\w+):\d+", row))}


def test_the_palette_searches_as_it_is_typed_in_and_opens_at_the_line(window: Any) -> None:
    window.press("Control+Alt+f")
    window.palette_opens()
    window.rows_become("lang:")
    window.picture("palette-empty")

    window.type(AGAIN)
    window.until(lambda: window.focused_row() == BEST, BEST)
    window.picture("palette")
    assert window.rows()[0] == BEST
    assert window.tabs() == []  # results alone preview nothing

    window.press("Enter")
    window.place_becomes("retry.py", 14)
    window.search()
    assert window.rows_become("lang:")[0] == AGAIN  # remembered
    window.press("Enter")
    window.rows_become("repeat_until_done")
    window.leave_palette()
    assert window.notifications() == []


def test_preview_leaves_no_trace_after_escape(window: Any) -> None:
    window.search("ParseSettings lang:go")
    window.until(lambda: window.focused_row().startswith("ParseSettings"), "the function")
    window.press("Enter")
    window.place_becomes("settings.go", 4)
    window.press("ArrowUp")
    window.place_becomes("settings.go", 3)

    window.search(AGAIN)
    window.until(lambda: window.focused_row() == BEST, BEST)
    window.press("ArrowDown")
    window.until(lambda: "retry.py" in window.tabs(), "the preview")
    window.until(lambda: "call_with_backoff" in window.text(), "its text")
    window.picture("preview")
    window.press("Escape")
    window.place_becomes("settings.go", 3)
    window.until(lambda: window.tabs() == ["settings.go"], "the tabs of before")

    # Typing goes on in the editor, where it was.
    window.type("x")
    window.until(lambda: "x// ParseSettings" in window.text(), "the letter")


def test_filters_and_opening_to_the_side(window: Any) -> None:
    window.search("parse settings from the configuration file lang:go")
    window.until(lambda: names(window.rows()) == {"src/settings.go"}, "Go alone")
    window.retype("parse settings from the configuration file path:docs/**")
    window.until(lambda: names(window.rows()) == {"docs/guide.md"}, "documents alone")
    window.retype("zzyzx kind:enum")
    window.rows_become("Nothing found")
    window.picture("palette-nothing")

    window.retype(AGAIN)
    window.until(lambda: window.focused_row() == BEST, BEST)
    window.press("Control+\\")
    window.place_becomes("retry.py", 14)
    window.search("ParseSettings lang:go")
    window.until(lambda: window.focused_row().startswith("ParseSettings"), "the function")
    window.press("Control+\\")
    window.place_becomes("settings.go", 4)
    assert window.groups() == 2


def test_the_results_view_keeps_results_and_finds_similar_code(window: Any) -> None:
    window.search(AGAIN)
    window.until(lambda: window.focused_row() == BEST, BEST)
    window.page.locator('.quick-input-titlebar [aria-label="Keep these results in the side bar"]').click()
    assert window.results_become("repeat_until_done")[0].startswith("retry.py")
    window.picture("results")

    # By keys alone: the first result has the focus, and the next one is below it.
    focused = window.page.locator(".composite.viewlet .monaco-list-row.focused")
    window.until(lambda: "repeat_until_done" in "".join(focused.all_inner_texts()), "the first result")
    window.press("Enter")
    window.until(lambda: window.place() == ("retry.py", 14), "its place")
    window.until(lambda: "def call_with_backoff" in window.text(), "its text")
    window.page.locator(".view-line", has_text="def call_with_backoff").first.click()
    window.place_becomes("retry.py", 4)
    window.press("Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowDown")
    window.until(lambda: window.place() == ("retry.py", 7), "the selection")
    window.press("Control+Alt+Shift+f")
    window.until(lambda: "code like retry.py:4" in window.screen().lower(), "what it is like")
    window.results_become("repeat_until_done")
    window.picture("similar")

    window.run("codeassistd: Search Again")
    window.results_become("repeat_until_done")
    window.run("codeassistd: Clear Results")
    window.until(lambda: "Select code in an editor to find more like it" in window.screen(), "the welcome")
    assert window.results() == []
    window.picture("results-empty")
