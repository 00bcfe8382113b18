"""Searching: the palette, what is previewed and opened, and the view in the side bar."""

from __future__ import annotations

import re
from typing import Any

import pytest

AGAIN = "run a step again and again"


@pytest.fixture
def window(open_window: Any) -> Any:
    """A window that serves the user's workspace, with everything indexed."""
    opened = open_window()
    opened.status_becomes(r"^codeassistd$")
    return opened


def names(rows: list[str]) -> set[str]:
    """The files that results are in."""
    return {found[1] for row in rows if (found := re.search(r"([\w/]+\.\w+):\d+", row))}


def test_the_palette_searches_as_it_is_typed_in_and_opens_at_the_line(window: Any) -> None:
    window.press("Control+Alt+f")
    window.rows_become("lang:")
    window.picture("palette-empty")

    window.type(AGAIN)
    best = "repeat_until_done | src/retry.py:14 | def repeat_until_done(step, limit):"
    window.until(lambda: window.focused_row() == best, best)
    window.picture("palette")
    assert window.rows()[0] == best
    assert window.tabs() == []  # results alone preview nothing

    window.press("Enter")
    window.place_becomes("retry.py", 14)
    window.search()
    assert window.rows_become("lang:")[0] == AGAIN  # remembered
    window.press("Enter")
    window.rows_become("repeat_until_done")
    assert window.notifications() == []


def test_preview_leaves_no_trace_after_escape(window: Any) -> None:
    window.search("ParseSettings lang:go")
    window.rows_become("ParseSettings")
    window.press("Enter")
    window.place_becomes("settings.go", 4)
    window.press("ArrowUp")
    window.place_becomes("settings.go", 3)

    window.search(AGAIN)
    window.rows_become("repeat_until_done")
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
    window.press("Control+z")


def test_filters_and_opening_to_the_side(window: Any) -> None:
    window.search("parse settings from the configuration file lang:go")
    window.until(lambda: names(window.rows()) == {"src/settings.go"}, "Go alone")
    window.retype("parse settings from the configuration file path:docs/**")
    window.until(lambda: names(window.rows()) == {"docs/guide.md"}, "documents alone")
    window.retype("zzyzx kind:enum")
    window.rows_become("Nothing found")

    window.retype(AGAIN)
    window.rows_become("repeat_until_done")
    window.press("Control+\\")
    window.place_becomes("retry.py", 14)
    window.search("ParseSettings lang:go")
    window.rows_become("ParseSettings")
    window.press("Control+\\")
    window.place_becomes("settings.go", 4)
    assert window.page.locator(".editor-group-container").count() > 1
    window.run("View: Close All Editors")


def test_the_results_view_keeps_results_and_finds_similar_code(window: Any) -> None:
    window.search(AGAIN)
    window.rows_become("repeat_until_done")
    window.page.locator('.quick-input-titlebar [aria-label="Keep these results in the side bar"]').click()
    window.until(lambda: any("repeat_until_done" in row for row in window.results()), "the results")
    window.picture("results")
    assert window.results()[0].startswith("retry.py")

    # By keys alone: the first result has the focus, and the next one is below it.
    window.press("Enter")
    window.until(lambda: window.place()[0] == "retry.py", "the first result")
    window.until(lambda: "def call_with_backoff" in window.text(), "its text")
    window.page.locator(".view-line", has_text="def call_with_backoff").first.click()
    window.place_becomes("retry.py", 4)
    window.press("Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowDown")
    window.press("Control+Alt+Shift+f")
    window.until(lambda: "code like retry.py:4" in window.screen().lower(), "what it is like")
    window.until(lambda: any("repeat_until_done" in row for row in window.results()), "similar code")
    window.picture("similar")

    window.run("codeassistd: Search Again")
    window.run("codeassistd: Clear Results")
    window.until(lambda: window.results() == [], "an empty view")
    window.until(lambda: "Select code in an editor to find more like it" in window.screen(), "the welcome")
    window.picture("results-empty")
    window.run("View: Close All Editors")
