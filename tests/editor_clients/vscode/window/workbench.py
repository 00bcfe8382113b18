"""A window of VS Code in a browser, used as a person uses it: by keys, by the mouse and by looking."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

_T = TypeVar("_T")
_WAIT_SECONDS = 120.0
_LONGEST_LOOK = 1.0

PALETTE = ".quick-input-widget"
ROWS = f"{PALETTE} .quick-input-list .monaco-list-row"
COMMANDS = f'{PALETTE} input[placeholder^="Type the name of a command"]'
STATUS = '.statusbar-item[id="codeassistd.codeassistd.codeassistd.status"]'
NOTIFICATIONS = ".notifications-toasts .notification-toast"


_ROW_TEXTS = """rows => rows.map(row => [".label-name", ".label-description", ".quick-input-list-label-meta"]
    .map(part => row.querySelector(part)?.innerText.trim()).filter(Boolean).join(" | "))"""
"""Label, description and detail of rows of a palette."""

_LINE_TEXTS = """lines => [...lines.querySelectorAll(".view-line")]
    .sort((one, other) => parseInt(one.style.top) - parseInt(other.style.top))
    .map(line => line.textContent)"""
"""Lines of an editor from top to bottom; the page has them in another order."""


_WATCH_STATUS = """item => {
    const note = () => window.statuses.push(document.querySelector(item)?.innerText.trim() ?? "");
    window.statuses = [];
    note();
    const options = { subtree: true, childList: true, characterData: true };
    new MutationObserver(note).observe(document.querySelector(".statusbar"), options);
}"""
"""Note everything that a status item says from now on."""


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
        self._reloads = 0
        page.set_default_timeout(_WAIT_SECONDS * 3000)

    def open(self, folder: Path | None = None, *, workspace: Path | None = None, logs: str = "") -> None:
        """Open a folder, or a workspace of several; an extension logs as "publisher.name:trace" says."""
        named = ("workspace", workspace) if workspace else ("folder", folder)
        files = self.page.locator(".explorer-folders-view .monaco-list-row")
        payload = f"&payload={quote(json.dumps([['logLevel', logs]]))}" if logs else ""
        self.page.goto(f"{self._url}/?{named[0]}={quote(str(named[1]))}{payload}")
        self.page.locator(".monaco-workbench .statusbar").wait_for()
        # On a busy machine the editor may miss the moment in which it can read which folders a workspace has.
        while not self._in_time(files.count, 30.0):
            self._reloads += 1
            assert self._reloads < 5, f"no files came; the screen says:\n{self.screen()}"
            self.page.reload()

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

    def picture(self, name: str, height: int = 0) -> None:
        """Keep a screenshot, or the top of it, for a person to look at."""
        self._pictures.mkdir(parents=True, exist_ok=True)
        clip = {"x": 0, "y": 0, **self.page.viewport_size, **({"height": height} if height else {})}
        self.page.screenshot(path=str(self._pictures / f"{name}.png"), clip=clip)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def show_commands(self) -> Any:
        """Open the Command Palette; gives its box."""
        box = self.page.locator(COMMANDS)
        # Keys that come before the keyboard bindings, or while a palette closes, are lost.
        self.press_until("F1", box.is_visible, "the Command Palette")
        return box

    def press_until(self, key: str, is_done: Callable[[], bool], what: str) -> None:
        """Press a key until it has done something."""

        def pressed() -> bool:
            self.press(key)
            return self._in_time(is_done, 2.0)

        self.until(pressed, what)

    def _in_time(self, is_done: Callable[[], _T], seconds: float) -> _T:
        deadline = time.monotonic() + seconds
        while not (done := is_done()) and time.monotonic() < deadline:
            self.page.wait_for_timeout(20)
        return done

    def run(self, title: str) -> None:
        """Run a command from the Command Palette."""

        def is_offered() -> bool:
            self.show_commands().fill(f">{title}")
            if self._in_time(lambda: self.focused_row().partition(" | ")[0] == title, 3.0):
                return True
            # The list is made once: it lacks what has been contributed since.
            self.leave_palette()
            return False

        self.until(is_offered, f"the command {title}")
        self.press_until(
            "Enter", self.page.locator(COMMANDS).is_hidden, f"the end of the palette for {title}"
        )

    def search(self, query: str = "") -> None:
        """Open our palette, and put a query into it."""
        self.run("codeassistd: Search Code")
        self.palette_opens()
        if query:
            self.page.keyboard.insert_text(query)

    def palette_opens(self) -> None:
        """Wait until keys go to our palette."""
        self.page.locator(f"{PALETTE} .quick-input-title", has_text="Search code").wait_for()
        self.until(lambda: self.page.locator(f"{PALETTE} input.input:focus").count(), "the palette's box")

    def retype(self, query: str) -> None:
        """Replace what is in the palette's box."""
        self.page.locator(f"{PALETTE} input.input").fill(query)

    def leave_palette(self) -> None:
        """Close the palette without choosing."""
        palette = self.page.locator(PALETTE)
        self.press_until("Escape", palette.is_hidden, "the end of the palette")

    def offered(self) -> list[str]:
        """Our commands that the Command Palette has."""
        self.show_commands().fill(">codeassistd:")
        self.until(lambda: all(row.startswith("codeassistd: ") for row in self.rows() or [""]), "commands")
        found = self.rows()
        self.leave_palette()
        return [row.partition(" | ")[0] for row in found]

    def tidy(self) -> None:
        """Close what is open without saving it, and show the files."""
        palette = self.page.locator(PALETTE)
        if palette.is_visible():
            self.leave_palette()
        while self.tabs():
            before = self.tabs()
            self.run("View: Revert and Close Editor")
            self.until(lambda before=before: self.tabs() != before, "the end of an editor")
        self.run("View: Show Explorer")

    # What can be seen.

    def status(self) -> str:
        """The text of our status item."""
        item = self.page.locator(STATUS)
        return _plain(item.inner_text()).strip() if item.count() else ""

    def status_becomes(self, pattern: str) -> str:
        return self.until(lambda: "".join(_if_any(pattern, [self.status()])), pattern)

    def watch_status(self) -> None:
        """Note what the status item says from now on, however short."""
        self.page.evaluate(_WATCH_STATUS, STATUS)

    def status_was(self, pattern: str) -> None:
        """Wait until the status item has said something since it is watched."""
        self.until(
            lambda: _if_any(pattern, [_plain(each) for each in self.page.evaluate("statuses")]), pattern
        )

    def click_status(self) -> None:
        self.page.locator(f"{STATUS} a").click()
        self.page.mouse.move(640, 600)  # away: it would say what the item is

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

    def groups(self) -> int:
        """How many groups of editors there are, side by side, with something in them."""
        return int(self.page.locator(".editor-group-container:has(.tab)").count())

    def is_dirty(self) -> bool:
        """Whether the active tab has changes that aren't saved."""
        return self.page.locator(".editor-group-container.active .tab.active.dirty").count() > 0

    def ghost_text(self) -> str:
        """What is offered at the cursor."""
        return _plain("".join(self.page.locator("[class*=ghost-text]").all_inner_texts()))

    def open_file(self, path: Path) -> None:
        """Open a file, and have the cursor in it."""
        box = self.page.locator(f'{PALETTE} input[placeholder^="Search files"]')
        self.press_until("Control+p", box.is_visible, "the box for files")
        box.fill(str(path))
        self.until(lambda: self._is_focused(path), f"{path} in the list")
        self.press("Enter")
        self.until(lambda: self.place()[0] == path.name and self.is_editing(), path.name)

    def _is_focused(self, path: Path) -> bool:
        name, _, folder = self.focused_row().partition(" | ")
        return name == path.name and str(path.parent).endswith(folder)

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
        self.until(lambda: self.place() == (name, line) and self.is_editing(), f"{name}:{line}")

    def is_editing(self) -> bool:
        """Whether keys go to the active editor."""
        return self.page.locator(".editor-group-container.active .monaco-editor.focused").count() > 0

    def results(self) -> list[str]:
        """The rows of the results view."""
        rows = self.page.locator('[id="workbench.view.extension.codeassistd"] .monaco-list-row')
        return [_plain(text) for text in rows.all_inner_texts()]

    def results_become(self, pattern: str) -> list[str]:
        """Wait for an answer in the results view that matches."""
        self.until(lambda: "Searching …" not in self.screen(), "the end of the search")
        return self.until(lambda: _if_any(pattern, self.results()), pattern)

    def notifications(self) -> list[str]:
        return [_plain(text) for text in self.page.locator(NOTIFICATIONS).all_inner_texts()]


def _if_any(pattern: str, texts: list[str]) -> list[str]:
    """The texts if one of them matches, else nothing."""
    return texts if any(re.search(pattern, text) for text in texts) else []


def _plain(text: str) -> str:
    """Text as it reads: the editor writes blanks that don't break."""
    return text.replace("\N{NO-BREAK SPACE}", " ")
