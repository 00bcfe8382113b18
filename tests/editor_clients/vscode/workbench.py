"""A window of VS Code in a browser, used as a person uses it: by keys, by the mouse and by looking."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

_T = TypeVar("_T")

_WAIT_SECONDS = 60.0
_LONGEST_LOOK = 1.0

PALETTE = ".quick-input-widget"
ROWS = f"{PALETTE} .quick-input-list .monaco-list-row"
COMMANDS = f'{PALETTE} input[placeholder^="Type the name of a command"]'
NOTIFICATIONS = ".notifications-toasts .notification-toast"


_ROW_TEXTS = """rows => rows.map(row => [".label-name", ".label-description", ".quick-input-list-label-meta"]
    .map(part => row.querySelector(part)?.innerText.trim()).filter(Boolean).join(" | "))"""
"""Label, description and detail of rows of a palette."""

_LINE_TEXTS = """lines => [...lines.querySelectorAll(".view-line")]
    .sort((one, other) => parseInt(one.style.top) - parseInt(other.style.top))
    .map(line => line.textContent)"""
"""Lines of an editor from top to bottom; the page has them in another order."""


class Workbench:
    """One window.

    Args:
        page: The browser's.
        url: Where the server is.
        pictures: Folder for screenshots.
    """

    def __init__(self, page: Any, url: str, pictures: Path) -> None:
        self.page = page
        self._url = url
        self._console: list[str] = []
        page.on("console", lambda message: self._console.append(message.text))
        self._pictures = pictures
        page.set_default_timeout(_WAIT_SECONDS * 2000)

    def open(self, folder: Path | None = None, *, workspace: Path | None = None) -> None:
        """Open a folder, or a workspace of several, and wait for the editor."""
        query = (
            f"folder={quote(str(folder))}"
            if folder
            else f"workspace={quote(str(workspace))}"
            if workspace
            else ""
        )
        self.page.goto(f"{self._url}/?{query}")
        self.page.locator(".monaco-workbench .statusbar").wait_for()
        # Keys that come before the keyboard bindings are lost.
        self.until(lambda: self.page.locator(".statusbar-item").count() > 1)

    def until(self, look: Callable[[], _T], what: str = "") -> _T:
        """Look again and again until there is something."""
        patience, before = _WAIT_SECONDS, time.monotonic()
        while True:
            if found := look():
                return found
            now = time.monotonic()
            # The time that a busy machine gave to others doesn't count.
            patience -= min(now - before, _LONGEST_LOOK)
            before = now
            if patience < 0:
                self.picture("failure")
                raise AssertionError(
                    f"{what or 'it'} never came; the screen says:\n{self.screen()}\n{self._ours()}"
                )
            self.page.wait_for_timeout(20)

    def _ours(self) -> str:
        return "\n".join(line for line in self._console if "codeassistd" in line and "bindings" not in line)

    def screen(self) -> str:
        """All the text that can be seen."""
        return _plain(self.page.locator("body").inner_text())

    def picture(self, name: str) -> None:
        """Keep a screenshot for a person to look at."""
        self._pictures.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(self._pictures / f"{name}.png"))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def run(self, title: str) -> None:
        """Run a command from the Command Palette."""
        self.press("F1")
        self.page.locator(COMMANDS).fill(f">{title}")
        row = self.page.locator(f"{ROWS}.focused", has_text=title)
        row.first.wait_for()
        self.press("Enter")
        self.page.locator(COMMANDS).wait_for(state="hidden")

    def search(self, query: str = "") -> None:
        """Open our palette, and type into it."""
        self.run("codeassistd: Search Code")
        self.page.locator(f"{PALETTE} .quick-input-title", has_text="Search code").wait_for()
        self.until(lambda: self.page.locator(f"{PALETTE} input.input:focus").count(), "the palette's box")
        self.rows_become("lang:|codeassistd")
        self.type(query)

    def retype(self, query: str) -> None:
        """Replace what is in the palette's box."""
        self.page.locator(f"{PALETTE} input.input").fill(query)

    def offers(self, title: str) -> bool:
        """Whether the Command Palette has a command."""
        self.press("F1")
        self.page.locator(COMMANDS).fill(f">{title}")
        self.until(lambda: self.rows() != [])
        found = any(title in row for row in self.rows())
        self.press("Escape")
        self.page.locator(PALETTE).wait_for(state="hidden")
        return found

    # What can be seen.

    def status(self) -> str:
        """The text of our status item."""
        item = self.page.locator('.statusbar-item[id="codeassistd.codeassistd.codeassistd.status"]')
        return _plain(item.inner_text()).strip() if item.count() else ""

    def status_becomes(self, pattern: str) -> str:
        return self.until(lambda: "".join(_if_any(pattern, [self.status()])), pattern)

    def click_status(self) -> None:
        self.page.locator('.statusbar-item[id="codeassistd.codeassistd.codeassistd.status"] a').click()

    def rows(self) -> list[str]:
        """The rows of the palette that is open."""
        return [_plain(text) for text in self.page.locator(ROWS).evaluate_all(_ROW_TEXTS)]

    def rows_become(self, pattern: str) -> list[str]:
        """Wait until a row of the palette matches."""
        return self.until(lambda: _if_any(pattern, self.rows()), pattern)

    def focused_row(self) -> str:
        rows = self.page.locator(f"{ROWS}.focused").evaluate_all(_ROW_TEXTS)
        return _plain(rows[0]) if rows else ""

    def tabs(self) -> list[str]:
        """The names of the open tabs."""
        return [
            _plain(text).strip()
            for text in self.page.locator(".tabs-container .tab .label-name").all_inner_texts()
        ]

    def is_dirty(self) -> bool:
        """Whether the active tab has changes that aren't saved."""
        return self.page.locator(".editor-group-container.active .tab.active.dirty").count() > 0

    def ghost_text(self) -> str:
        """What is offered at the cursor."""
        return _plain("".join(self.page.locator("[class*=ghost-text]").all_inner_texts()))

    def open_file(self, path: Path) -> None:
        """Open a file, and have the cursor in it."""
        self.press("Control+p")
        box = self.page.locator(f'{PALETTE} input[placeholder^="Search files"]')
        box.fill(str(path))
        self.until(lambda: path.name in self.focused_row(), f"{path.name} in the list")
        self.press("Enter")
        self.until(lambda: self.place()[0] == path.name, path.name)
        self.page.locator(".editor-group-container.active .monaco-editor.focused").wait_for()

    def text(self) -> str:
        """What can be seen of the active editor's text."""
        lines = self.page.locator(".editor-group-container.active .view-lines").last
        return "\n".join(_plain(text) for text in lines.evaluate(_LINE_TEXTS))

    def place(self) -> tuple[str, int]:
        """The active tab, and the line of the cursor."""
        tab = self.page.locator(".editor-group-container.active .tab.active .label-name")
        line = self.page.locator('.statusbar-item[id="status.editor.selection"]')
        if not tab.count() or not line.count():
            return "", 0
        found = re.search(r"Ln (\d+)", _plain(line.inner_text()))
        return _plain(tab.first.inner_text()).strip(), int(found[1]) if found else 0

    def place_becomes(self, name: str, line: int) -> None:
        self.until(lambda: self.place() == (name, line), f"{name}:{line}")

    def results(self) -> list[str]:
        """The rows of the results view."""
        rows = self.page.locator('.pane-body[id="workbench.view.extension.codeassistd"] .monaco-list-row')
        return [
            _plain(text)
            for text in self.page.locator(".composite.viewlet .monaco-list-row").all_inner_texts()
        ] or [_plain(text) for text in rows.all_inner_texts()]

    def notifications(self) -> list[str]:
        return [_plain(text) for text in self.page.locator(NOTIFICATIONS).all_inner_texts()]


def _if_any(pattern: str, texts: list[str]) -> list[str]:
    """The texts if one of them matches, else nothing."""
    return texts if any(re.search(pattern, text) for text in texts) else []


def _plain(text: str) -> str:
    """Text as it reads: the editor writes blanks that don't break."""
    return text.replace("\N{NO-BREAK SPACE}", " ")
