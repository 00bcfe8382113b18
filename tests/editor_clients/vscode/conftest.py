"""Real VS Code in a browser, with the extension as it is published, a real daemon and a small workspace."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from .installation import EXTENSION, Installation, installation
from .workbench import Workbench

_PICTURES = Path(os.environ.get("VSCODE_TESTS_PICTURES", tempfile.gettempdir())) / "codeassistd-vscode"

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
    "git.enabled": False,
    "telemetry.telemetryLevel": "off",
    "window.menuBarVisibility": "hidden",
}

FILES = {
    "src/retry.py": (
        "import time\n\n\n"
        "def call_with_backoff(action, attempts):\n"
        '    """Try an action again, waiting exponentially longer after each failure."""\n'
        "    for attempt in range(attempts):\n"
        "        try:\n"
        "            return action()\n"
        "        except OSError:\n"
        "            time.sleep(2**attempt)\n"
        "    raise TimeoutError\n\n\n"
        "def repeat_until_done(step, limit):\n"
        '    """Run a step again and again, sleeping longer after each failure."""\n'
        "    for number in range(limit):\n"
        "        try:\n"
        "            return step()\n"
        "        except OSError:\n"
        "            time.sleep(3**number)\n"
        "    raise TimeoutError\n"
    ),
    "src/settings.go": (
        "package settings\n\n"
        "// ParseSettings reads the configuration file.\n"
        "func ParseSettings(path string) error {\n\treturn nil\n}\n"
    ),
    "docs/guide.md": "# Guide\n\nHow to parse settings from a configuration file.\n",
    "src/greeting.py": '# greeting\nGREETING = "hello"\n\n\ndef greet():\n    return GREETING\n',
}


def make_workspace(root: Path, files: dict[str, str]) -> Path:
    """Write files, and make the folder look like a repository."""
    (root / ".git").mkdir(parents=True)
    (root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a home, a daemon and a workspace of their own."""

    base: Path
    workspace: Path
    environment: dict[str, str]

    def codeassistd(self, *arguments: str) -> str:
        """Run a command of ours as them."""
        command = [str(Path(sys.executable).parent / "codeassistd"), *arguments]
        done = subprocess.run(
            command,
            env=self.environment,
            cwd=self.workspace,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.stdout


def _environment(base: Path) -> dict[str, str]:
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("CODEASSISTD_", "XDG_", "VSCODE_"))
    }
    (base / "config.toml").touch()
    return {
        **kept,
        "HOME": str(base),
        "GIT_CONFIG_NOSYSTEM": "1",
        "CODEASSISTD_CONFIG": str(base / "config.toml"),
        "CODEASSISTD_DATA_DIR": str(base / "data"),
        "CODEASSISTD_RUNTIME_DIR": str(base / "run"),
        "PATH": _path_without_us(),
        "EXTENSIONS_GALLERY": "{}",
    }


def _path_without_us() -> str:
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if not (Path(folder) / "codeassistd").exists())


def install_server(home: Path) -> None:
    """Put codeassistd where uv and pipx put it."""
    program = home / ".local" / "bin" / "codeassistd"
    program.parent.mkdir(parents=True)
    program.symlink_to(Path(sys.executable).parent / "codeassistd")


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
    base = Path(tempfile.mkdtemp(prefix="ca-")).resolve()  # a socket's path has to be short
    user = User(base, make_workspace(base / "workspace", FILES), _environment(base))
    install_server(base)
    try:
        yield user
    finally:
        user.codeassistd("stop")
        shutil.rmtree(base, ignore_errors=True)


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
    installed: Installation,
    extensions: Path,
    user: User,
    data_folder: Path,
    browser: Any,
    request: pytest.FixtureRequest,
) -> Iterator[Open]:
    """Opens a window of VS Code; by default on the user's workspace."""
    contexts = []
    servers = []

    def start(
        folder: Path | None = user.workspace,
        *,
        workspace: Path | None = None,
        environment: dict[str, str] | None = None,
        **settings: Any,
    ) -> Workbench:
        data = data_folder if environment is None else user.base / f"vscode-{request.node.name}"
        file = data / "data" / "User" / "settings.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        named = {name.replace("__", "."): value for name, value in settings.items()}
        file.write_text(json.dumps({**_SETTINGS, **named}))
        if environment is None:
            url = request.getfixturevalue("address")
        else:
            server = _served(installed, extensions, data, {**user.environment, **environment})
            url = server.__enter__()
            servers.append(server)
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        contexts.append(context)
        window = Workbench(context.new_page(), url, _PICTURES)
        window.open(None if workspace else folder, workspace=workspace)
        return window

    yield start
    for context in contexts:
        context.close()
    for server in servers:
        server.__exit__(None, None, None)
