"""VS Code in a browser as somebody uses it: by keys, with the extension as it is packaged."""

from __future__ import annotations

import contextlib
import re
import subprocess
from typing import TYPE_CHECKING

from editing_vscode_window import VSCodeWindow

from codeassistd.tests.editor_clients.vscode.installation import EXTENSION, ROOT, installation
from codeassistd.tests.editor_clients.vscode.user import install_server
from codeassistd.tests.editor_clients.vscode.window.servers import (
    VIEWPORT,
    install_extension,
    launched,
    served,
    write_settings,
)
from codeassistd.tests.editor_clients.vscode.window.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from editor import User

    Opened = Callable[[], contextlib.AbstractContextManager[Workbench]]

_COMPLAINT = re.compile(r"\[(error|warning|critical)\]|Traceback")
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
        base: Folder for what VS Code keeps; the user's home.
        root: The repository.
    """
    installed = installation()
    install_server(base)  # the user's home
    package = base / "codeassistd.vsix"
    pack = ["npm", "run", "--silent", "package", "--", "--out", str(package)]
    subprocess.run(pack, cwd=EXTENSION, check=True, capture_output=True)
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
        """Errors in what the extension and its server have logged, and what the editor says of them.

        Raises:
            FileNotFoundError: The extension has no log.
        """
        logs = sorted((self._data / "data" / "logs").rglob("*.log"))
        if not any(log.name == "codeassistd.log" for log in logs):
            raise FileNotFoundError("VS Code writes no logs: run editor-clients/vscode/tests/install.sh")
        return [
            f"{log.name}: {line}"
            for log in logs
            for line in log.read_text(encoding="utf-8", errors="replace").splitlines()
            # The checkout may have the project's name, and VS Code name its own programs there.
            if _COMPLAINT.search(line)
            and "codeassistd" in f"{log.name} {line.replace(str(ROOT.resolve()), '')}"
        ]
