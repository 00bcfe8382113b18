"""Real VS Code in a browser, with the extension as it is published, a real daemon and a small workspace."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from ..user import User
from .installation import EXTENSION, Installation, installation
from .user import vscode_user
from .workbench import Workbench

_PICTURES = Path(os.environ.get("VSCODE_TESTS_PICTURES", tempfile.gettempdir())) / "codeassistd-vscode"

collect_ignore_glob = (
    [] if os.environ.get("CODEASSISTD_TEST_WORKBENCH") else ["test_s*.py", "test_writing.py"]
)
"""What drives a whole workbench in a browser is run by `make test-vscode`: beside other tests a busy machine
makes it miss its moments, which says nothing of the extension."""

_BROWSER = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)

_SETTINGS = {
    "security.workspace.trust.enabled": False,
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
    "editor.accessibilitySupport": "off",
    "editor.minimap.enabled": False,
    "chat.disableAIFeatures": True,
    "chat.commandCenter.enabled": False,
    "extensions.autoUpdate": False,
    "extensions.ignoreRecommendations": True,
    "files.autoSave": "off",
    "git.enabled": False,
    "telemetry.telemetryLevel": "off",
    "window.menuBarVisibility": "hidden",
}


@pytest.fixture(scope="session")
def installed() -> Installation:
    return installation()


@pytest.fixture(scope="session")
def vsix(installed: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension, packaged the way a release is."""
    package = tmp_path_factory.mktemp("vsix") / "codeassistd.vsix"
    command = ["npm", "run", "--silent", "package", "--", "--out", str(package)]
    done = subprocess.run(command, cwd=EXTENSION, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr
    return package


@pytest.fixture(scope="session")
def extensions(installed: Installation, vsix: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the extension is installed in."""
    data = tmp_path_factory.mktemp("extensions")
    folder = data / "installed"
    options = (
        "--server-data-dir",
        str(data),
        "--extensions-dir",
        str(folder),
        "--install-extension",
        str(vsix),
    )
    command = [_node(), str(installed.server), "--accept-server-license-terms", *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert "successfully installed" in done.stdout, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def user() -> Iterator[User]:
    """One user for the whole run: their daemon has the model loaded, and it is stopped at the end."""
    with vscode_user() as user:
        yield user


@pytest.fixture(scope="session")
def browser(installed: Installation) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(installed.chromium), args=list(_BROWSER))
        yield launched
        launched.close()


def _node() -> str:
    found = shutil.which("node")
    assert found, "node is not on PATH"
    return found


@contextmanager
def _served(
    installed: Installation, extensions: Path, data: Path, environment: dict[str, str]
) -> Iterator[str]:
    """Run VS Code's server; gives its address. Nothing that it started is left behind."""
    options = (
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--without-connection-token",
        "--accept-server-license-terms",
    )
    folders = (
        "--server-data-dir",
        str(data),
        "--extensions-dir",
        str(extensions),
        "--telemetry-level",
        "off",
    )
    with subprocess.Popen(
        [_node(), str(installed.server), *options, *folders],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout is not None
        port = next(match[1] for line in server.stdout if (match := re.search(r"listening on (\d+)", line)))
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            # The daemon is nobody's child, so that it is not among them.
            processes = [*psutil.Process(server.pid).children(recursive=True), psutil.Process(server.pid)]
            for process in processes:
                process.terminate()
            _, left = psutil.wait_procs(processes, timeout=10)
            for process in left:
                process.kill()
            server.stdout.close()


Open = Callable[..., Workbench]


def write_settings(data: Path, settings: dict[str, Any]) -> None:
    """Write the settings of VS Code; a name may have `__` for a dot."""
    file = data / "data" / "User" / "settings.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    named = {name.replace("__", "."): value for name, value in settings.items()}
    file.write_text(json.dumps({**_SETTINGS, **named}))


class Opener:
    """Starts servers of VS Code and opens windows of them."""

    def __init__(self, installed: Installation, extensions: Path, browser: Any) -> None:
        self._installed, self._extensions, self._browser = installed, extensions, browser
        self._open = ExitStack()

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Close at the end what is opened meanwhile."""
        outer, self._open = self._open, ExitStack()
        try:
            with self._open:
                yield
        finally:
            self._open = outer

    def serve(self, data: Path, environment: dict[str, str]) -> str:
        """Start a server; gives its address."""
        return self._open.enter_context(_served(self._installed, self._extensions, data, environment))

    def open(self, address: str, folder: Path | None, workspace: Path | None = None) -> Workbench:
        """Open a window."""
        context = self._browser.new_context(viewport={"width": 1280, "height": 800})
        self._open.callback(context.close)
        window = Workbench(context.new_page(), address, _PICTURES)
        window.open(None if workspace else folder, workspace=workspace)
        return window


@pytest.fixture(scope="session")
def opener(installed: Installation, extensions: Path, browser: Any) -> Opener:
    return Opener(installed, extensions, browser)


@pytest.fixture(scope="session")
def data_folder(user: User) -> Path:
    """Where VS Code keeps what it remembers."""
    folder = user.base / "vscode"
    (folder / "data" / "User").mkdir(parents=True)
    return folder


@pytest.fixture(scope="session")
def address(installed: Installation, extensions: Path, user: User, data_folder: Path) -> Iterator[str]:
    """One server for all windows that need nothing special."""
    with _served(installed, extensions, data_folder, user.environment) as url:
        yield url


@pytest.fixture
def open_window(
    request: pytest.FixtureRequest, opener: Opener, user: User, data_folder: Path
) -> Iterator[Open]:
    """Opens a window of VS Code; by default on the user's workspace."""

    def start(
        folder: Path | None = user.workspace,
        *,
        workspace: Path | None = None,
        environment: dict[str, str] | None = None,
        **settings: Any,
    ) -> Workbench:
        if environment is None:
            write_settings(data_folder, settings)
            return opener.open(request.getfixturevalue("address"), folder, workspace)
        data = user.base / f"vscode-{request.node.name}"
        write_settings(data, settings)
        address = opener.serve(data, {**user.environment, **environment})
        return opener.open(address, folder, workspace)

    with opener.closing():
        yield start
