"""One window of VS Code as somebody uses it: by keys, and by looking."""

# ruff: noqa: D102 - what the methods of a window do is said once, in `Window`
from __future__ import annotations

import contextlib
import re
import time
from typing import TYPE_CHECKING

from editing_steps import NO_FAULT, until

from codeassistd.tests.editor_clients.vscode.window.workbench import NOTIFICATIONS, PALETTE, Workbench

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_KEY_MS = 20
_OFFER_SECONDS, _SOON_SECONDS, _ANSWER_SECONDS = 5.0, 2.0, 0.3
_RESULT = re.compile(r"[^|]* \| ([^|]+):\d+( \||$)")
_FILE = re.compile(r"(?:(.+) · )?\d+")
_SYMBOL = re.compile(r"([\w./-]+\.py)\b")
_RESULT_FILES = '[id="workbench.view.extension.codeassistd"] .monaco-list-row[aria-level="1"]'
_NAME_AND_DESCRIPTION = """rows => rows.map(row => [".label-name", ".label-description"]
    .map(part => row.querySelector(part)?.innerText.trim() ?? ""))"""

_WATCH_NOTIFICATIONS = """toasts => {
    window.noticed = new Map();
    const note = () => document.querySelectorAll(toasts).forEach(each => noticed.set(each, each.innerText));
    const options = { subtree: true, childList: true, characterData: true };
    new MutationObserver(note).observe(document.body, options);
}"""
"""Note everything that notifications say from now on."""


class VSCodeWindow:
    """One window; see `Window`.

    Args:
        opened: Opens it, and ends it with its server.
        root: The repository.
    """

    def __init__(self, opened: contextlib.AbstractContextManager[Workbench], root: Path) -> None:
        self._root, self._closing = root, contextlib.ExitStack()
        self._bench = self._closing.enter_context(opened)
        self._bench.page.evaluate(_WATCH_NOTIFICATIONS, NOTIFICATIONS)
        self._bench.status_becomes("^codeassistd(: indexing.*)?$")

    def _insert(self, lines: Sequence[str]) -> None:
        self._bench.press("Control+End")
        if self._bench.text().strip():
            self._bench.press("Enter")
        for number, line in enumerate(lines):
            if number:
                self._bench.press("Enter")
            self._bench.page.keyboard.type(line, delay=_KEY_MS)

    def _noticed(self) -> list[str]:
        said: list[str] = self._bench.page.evaluate("() => [...noticed.values()]")
        return said

    # What a window does.

    def open(self, path: str) -> None:
        def is_open() -> bool:
            self._bench.open_file(self._root / path)
            return self._comes_to(path)

        until(is_open, path)

    def _comes_to(self, path: str) -> bool:
        """Whether keys go to a file, soon; many have the same name."""
        with contextlib.suppress(TimeoutError):
            return until(lambda: self._bench.is_editing() and self._path() == path, path, _SOON_SECONDS)
        return False

    def _path(self) -> str:
        texts: list[str] = self._bench.page.locator(
            ".breadcrumbs-control .monaco-breadcrumb-item"
        ).all_inner_texts()
        end = next((number for number, text in enumerate(texts) if text.endswith(".py")), 0)
        return "/".join(texts[: end + 1])

    def append(self, lines: Sequence[str]) -> None:
        self._insert(lines)
        wanted = [line.strip() for line in lines if line.strip()]
        until(lambda: all(line in self._bench.text() for line in wanted), f"the text {wanted}")

    def save_all(self) -> None:
        self._bench.run("File: Save All Files")
        until(lambda: not self._bench.page.locator(".tab.dirty").count(), "saving")

    def undo(self) -> None:
        self._bench.press("Control+z")

    def search(self, query: str, *, visit: bool) -> list[str]:
        self._bench.press_until("Control+Alt+f", self._bench.page.locator(PALETTE).is_visible, "the palette")
        self._bench.palette_opens()
        self._bench.page.keyboard.insert_text(query)
        until(self._is_answered, f"results for {query}")
        paths = [found[1] for row in self._bench.rows() if (found := _RESULT.match(row))]
        if visit and paths:
            self._bench.press("Enter")
            until(lambda: self._comes_to(paths[0]), paths[0])
        else:
            self._bench.leave_palette()
        return paths

    def _is_answered(self) -> bool:
        time.sleep(_ANSWER_SECONDS)
        busy = self._bench.page.locator(f"{PALETTE} .monaco-progress-container.active").count()
        rows = self._bench.rows()
        return not busy and bool(rows) and not any(row.startswith("lang:") for row in rows)

    def similar(self) -> list[str]:
        name, line = self._bench.place()
        self._bench.press("Control+Alt+Shift+f")
        title = f"code like {name}:{line}".lower()
        until(lambda: title in self._bench.screen().lower(), title)
        time.sleep(_ANSWER_SECONDS)  # the rows follow their title
        try:
            until(lambda: self._bench.results() or "Nothing found" in self._bench.screen(), title)
        except TimeoutError as never:
            raise TimeoutError(f"{never}: {self._bench.page.locator('.sidebar').inner_text()}") from None
        files = self._bench.page.locator(_RESULT_FILES).evaluate_all(_NAME_AND_DESCRIPTION)
        return [
            "/".join(filter(None, [found[1], name]))
            for name, description in files
            if (found := _FILE.fullmatch(description))
        ]

    def symbols(self, name: str) -> list[str]:
        self._bench.press("Control+t")
        self._bench.type(name)
        until(lambda: any(name in row for row in self._bench.rows()), f"the symbol {name}")
        found = [match[1] for row in self._bench.rows() if (match := _SYMBOL.search(row))]
        self._bench.press("Escape")
        return [
            str(path.relative_to(self._root)) for each in found for path in self._root.rglob(each)
        ] or found

    def complete(self, lines: Sequence[str]) -> str:
        self._insert(lines)
        try:
            offered: str = until(self._bench.ghost_text, "a completion", seconds=_OFFER_SECONDS)
        except TimeoutError:
            return ""
        self._bench.press("Tab")
        until(lambda: self._bench.ghost_text() != offered, "the accepted completion")
        return offered

    def document(self, function: str) -> bool:
        before = self._go_to(f"def {function}")
        menu = self._bench.page.locator(".action-widget .monaco-list-row")
        chosen = self._bench.page.locator(".action-widget .monaco-list-row.focused")
        self._bench.press_until("Control+Shift+r", menu.count, "the menu of actions")
        action = chosen.filter(has_text=f"Document {function}")
        self._bench.press_until("ArrowDown", action.count, "the action")
        self._bench.press("Enter")
        until(lambda: self._bench.text() != before or self._is_refused(), "the docstring")
        if self._bench.text() == before:
            return False
        written = '"""' in self._bench.text()
        until(self._bench.is_editing, "the text")
        self._bench.press("Control+z")
        until(lambda: self._bench.text() == before, "the undo of the docstring")
        return written

    def _go_to(self, line: str) -> str:
        """Put the cursor into a line that can be seen from the top; gives the text."""
        self._bench.press("Control+Home")
        text: str = until(lambda: line in self._bench.text() and self._bench.text(), line)
        number = next(number for number, each in enumerate(text.split("\n")) if each.startswith(line))
        self._bench.press(*["ArrowDown"] * number)
        self._bench.place_becomes(self._bench.place()[0], number + 1)
        return text

    def _is_refused(self) -> bool:
        return any(each in text for text in self._noticed() for each in NO_FAULT)

    def stop_writing(self) -> None:
        self._bench.press("Control+End")
        before = self._bench.text()
        self._bench.run("codeassistd: Write Code Here…")
        self._bench.page.locator('.quick-input-widget input[placeholder^="such as"]:focus').wait_for()
        self._bench.page.keyboard.insert_text("explain this file")
        self._bench.press("Enter")
        until(lambda: self._is_writing() or self._bench.text() != before, "the writing")
        until(self._bench.is_editing, "the text")
        self._bench.press("Escape")
        until(lambda: not self._is_writing(), "the end of the writing")
        self._bench.run("File: Revert File")

    def _is_writing(self) -> bool:
        return "writing …" in self._bench.screen()

    def show_status(self) -> str:
        palette = self._bench.page.locator(PALETTE)
        palette.wait_for(state="hidden")
        self._bench.click_status()
        palette.locator(".quick-input-title", has_text="codeassistd").wait_for()
        shown = "\n".join(until(self._bench.rows, "the status"))
        self._bench.leave_palette()
        return shown

    def close(self, path: str) -> None:
        before = self._path()
        name = path.rpartition("/")[2]
        tabs = self._bench.page.locator(f'.tabs-container .tab[data-resource-name="{name}"]')
        count = tabs.count()
        for number in range(count):
            tabs.nth(number).click()
            if self._comes_to(path):
                self._bench.run("View: Revert and Close Editor")
                until(lambda: tabs.count() < count, f"the end of {path}")
                break
        if before != path and (self._root / before).is_file():
            self.open(before)

    def files_changed(self) -> None:
        """VS Code looks itself."""

    def complaints(self) -> list[str]:
        said = self._noticed()
        return [f"shown: {text}" for text in said if not any(each in text for each in NO_FAULT)]

    def quit(self) -> None:
        self._closing.close()
