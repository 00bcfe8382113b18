"""VS Code's server with an extension, and windows of it in a browser."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from ..installation import Installation

VIEWPORT = {"width": 1280, "height": 800}

_BROWSER = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)

SETTINGS: Mapping[str, Any] = {
    "security.workspace.trust.enabled": False,
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
    "editor.accessibilitySupport": "off",
    "editor.lightbulb.enabled": "off",
    "editor.minimap.enabled": False,
    "editor.quickSuggestions": False,
    "chat.disableAIFeatures": True,
    "chat.commandCenter.enabled": False,
    "extensions.autoUpdate": False,
    "extensions.ignoreRecommendations": True,
    "files.autoSave": "off",
    "git.enabled": False,
    "telemetry.telemetryLevel": "off",
    "window.menuBarVisibility": "hidden",
}
"""Settings of VS Code that keep from the screen what isn't ours."""


@contextmanager
def launched(installed: Installation) -> Iterator[Any]:
    """A headless browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(installed.chromium), args=list(_BROWSER))
        yield browser
        browser.close()


def write_settings(data: Path, **settings: Any) -> None:
    """Write the settings of VS Code; a name may have `__` for a dot."""
    file = data / "data" / "User" / "settings.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    named = {name.replace("__", "."): value for name, value in settings.items()}
    file.write_text(json.dumps({**SETTINGS, **named}), encoding="utf-8")


def install_extension(installed: Installation, vsix: Path, folder: Path) -> Path:
    """Install an extension; gives the folder that it is installed in."""
    extensions = folder / "installed"
    options = ("--server-data-dir", str(folder), "--extensions-dir", str(extensions))
    command = [*_server(installed), *options, "--install-extension", str(vsix)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert "successfully installed" in done.stdout, done.stdout + done.stderr
    return extensions


@contextmanager
def served(
    installed: Installation, extensions: Path, data: Path, environment: Mapping[str, str]
) -> Iterator[str]:
    """Run VS Code's server; gives its address. Nothing that it started is left behind."""
    network = ("--host", "127.0.0.1", "--port", "0", "--without-connection-token")
    folders = ("--server-data-dir", str(data), "--extensions-dir", str(extensions))
    with subprocess.Popen(
        [*_server(installed), *network, *folders, "--telemetry-level", "off"],
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
            processes = _family(psutil.Process(server.pid))
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.terminate()
            _, left = psutil.wait_procs(processes, timeout=10)
            for process in left:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            server.stdout.close()


def _family(process: psutil.Process) -> list[psutil.Process]:
    """A process and what it has started; not the daemon, which has a session of its own, to outlive it."""
    try:
        children = process.children()
    except psutil.NoSuchProcess:
        return []
    return [*itertools.chain.from_iterable(_family(child) for child in children if _stays(child)), process]


def _stays(child: psutil.Process) -> bool:
    """Whether a process is in the session of who started it."""
    try:
        return os.getsid(child.pid) != child.pid
    except ProcessLookupError:
        return False


def _server(installed: Installation) -> list[str]:
    node = shutil.which("node")
    assert node, "node is not on PATH"
    return [node, str(installed.server), "--accept-server-license-terms"]
