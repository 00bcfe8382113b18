"""VS Code in a browser as somebody uses it: by keys, with the extension as it is packaged."""

# ruff: noqa: D102 - what the methods of a window do is said once, in `Window`
from __future__ import annotations

import contextlib
import re
import subprocess
import time
from typing import TYPE_CHECKING

from editing_steps import until

from codeassistd.tests.editor_clients.vscode.installation import EXTENSION, installation
from codeassistd.tests.editor_clients.vscode.window.servers import (
    VIEWPORT,
    install_extension,
    launched,
    served,
    write_settings,
)
from codeassistd.tests.editor_clients.vscode.window.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from editor import User

    Opened = Callable[[], contextlib.AbstractContextManager[Workbench]]

_KEY_MS = 20
_OFFER_SECONDS = 5.0
_RESULT_PATH = re.compile(r"([\w./-]+\.py)\b")
_SETTINGS = {
    "editor.lightbulb.enabled": "off",
    "editor.quickSuggestions": False,
    "editor.suggestOnTriggerCharacters": False,
    "editor.autoClosingBrackets": "never",
    "editor.autoIndent": "none",
    "workbench.editor.enablePreview": False,
    "files.hotExit": "off",
}


@contextlib.contextmanager
def vscode_windows(user: User, base: Path, root: Path) -> Iterator[VSCodeWindows]:
    """A server of VS Code with the extension, and a browser.

    Args:
        user: Whose daemon it is.
        base: Folder for what VS Code keeps.
        root: The repository.
    """
    installed = installation()
    package = base / "codeassistd.vsix"
    pack = ["npm", "run", "--silent", "package", "--", "--out", str(package)]
    subprocess.run(pack, cwd=EXTENSION, check=True)
    extensions = install_extension(installed, package, base / "installed")
    write_settings(base / "vscode", **_SETTINGS)
    with launched(installed) as browser:

        @contextlib.contextmanager
        def opened() -> Iterator[Workbench]:
            with served(installed, extensions, base / "vscode", user.environment) as address:
                context = browser.new_context(viewport=VIEWPORT)
                bench = Workbench(context.new_page(), address, base / "pictures")
                bench.open(root)
                yield bench
                context.close()

        yield VSCodeWindows(opened, base / "vscode", root)


class VSCodeWindows:
    """Opens one window after the other; each has a server of its own, which ends with it.

    Args:
        opened: Starts a server and opens a window.
        data: Where VS Code keeps what it remembers.
        root: The repository.
    """

    def __init__(self, opened: Opened, data: Path, root: Path) -> None:
        self._opened, self._data, self._root = opened, data, root

    def open(self) -> VSCodeWindow:
        """Open the next."""
        return VSCodeWindow(self._opened(), self._root)

    def log_complaints(self) -> list[str]:
        """Errors in what the extension and its server have logged."""
        return [
            f"{log.name}: {line}"
            for log in sorted((self._data / "data" / "logs").rglob("*codeassistd*.log"))
            for line in log.read_text(encoding="utf-8", errors="replace").splitlines()
            if re.search(r"\[(error|warning)\]|Traceback", line)
        ]


class VSCodeWindow:
    """One window; see `Window`.

    Args:
        opened: Opens it, and ends it with its server.
        root: The repository.
    """

    def __init__(self, opened: contextlib.AbstractContextManager[Workbench], root: Path) -> None:
        self._root, self._closing = root, contextlib.ExitStack()
        self._bench = self._closing.enter_context(opened)
        self._bench.status_becomes("codeassistd")

    def _insert(self, lines: Sequence[str]) -> None:
        self._bench.press("Control+End")
        if self._bench.text().strip():
            self._bench.press("Enter")
        for number, line in enumerate(lines):
            if number:
                self._bench.press("Enter")
            self._bench.page.keyboard.type(line, delay=_KEY_MS)

    # What a window does.

    def open(self, path: str) -> None:
        self._bench.open_file(self._root / path)

    def append(self, lines: Sequence[str]) -> None:
        self._insert(lines)
        wanted = [line.strip() for line in lines if line.strip()]
        until(lambda: all(line in self._bench.text() for line in wanted), f"the text {wanted}")

    def save_all(self) -> None:
        self._bench.run("File: Save All")
        until(lambda: not self._bench.page.locator(".tab.dirty").count(), "saving")

    def undo(self) -> None:
        self._bench.press("Control+z")

    def search(self, query: str, *, visit: bool) -> list[str]:
        self._bench.search(query)
        until(self._is_answered, f"results for {query}")
        paths = [
            match[1] for row in self._bench.rows() if (match := _RESULT_PATH.search(row.split(" | ")[-1]))
        ]
        self._bench.press("Enter" if visit and paths else "Escape")
        self._bench.page.locator(".quick-input-widget").wait_for(state="hidden")
        return paths

    def _is_answered(self) -> bool:
        time.sleep(0.3)
        busy = self._bench.page.locator(".quick-input-widget .monaco-progress-container.active").count()
        rows = self._bench.rows()
        return not busy and bool(rows) and "lang:" not in rows[0]

    def similar(self) -> list[str]:
        self._bench.run("codeassistd: Find Code Like This")
        until(lambda: self._bench.results() or self._bench.rows(), "similar code")
        self._bench.press("Escape")
        return []

    def symbols(self, name: str) -> list[str]:
        self._bench.press("Control+t")
        self._bench.type(name)
        until(lambda: any(name in row for row in self._bench.rows()), f"the symbol {name}")
        found = [match[1] for row in self._bench.rows() if (match := _RESULT_PATH.search(row))]
        self._bench.press("Escape")
        return [
            str(path.relative_to(self._root)) for each in found for path in self._root.rglob(each)
        ] or found

    def complete(self, lines: Sequence[str]) -> str:
        self._insert(lines)
        try:
            offered: str = until(self._bench.ghost_text, "a completion", _OFFER_SECONDS)
        except TimeoutError:
            return ""
        self._bench.press("Tab")
        return offered

    def document(self, function: str) -> bool:  # noqa: ARG002
        return False  # the extension's own tests do it; the menu doesn't say which row is where

    def stop_writing(self) -> None:
        self._bench.press("Control+End")
        self._bench.run("codeassistd: Write Code Here")
        self._bench.page.locator('.quick-input-widget input[placeholder^="such as"]').wait_for()
        self._bench.type("explain this file")
        self._bench.press("Enter")
        until(lambda: "writing …" in self._bench.screen(), "the writing")
        self._bench.press("Escape")
        until(lambda: "writing …" not in self._bench.screen(), "the end of the writing")
        self._bench.run("File: Revert File")

    def show_status(self) -> str:
        self._bench.click_status()
        shown = "\n".join(until(self._bench.rows, "the status"))
        self._bench.press("Escape")
        return shown

    def close(self, path: str) -> None:
        if path.rpartition("/")[2] not in self._bench.tabs():
            return
        if (self._root / path).exists():
            self.open(path)
            self._bench.run("File: Revert File")
        self._bench.run("View: Close Editor")

    def files_changed(self) -> None:
        """VS Code looks itself."""

    def complaints(self) -> list[str]:
        return [f"shown: {text}" for text in self._bench.notifications()]

    def quit(self) -> None:
        self._closing.close()
