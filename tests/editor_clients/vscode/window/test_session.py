"""The server's life in the editor: found, started, watched, killed, stopped, and what the user sees of it."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

from ...user import FILES, make_workspace
from ..user import install_server, uninstall_server
from .conftest import READY


def test_status_actions_and_a_killed_daemon(window: Any, user: Any) -> None:
    window.picture("ready")
    window.click_status()
    window.rows_become("all-MiniLM-L6-v2")
    window.rows_become("ready: 4 files")
    window.picture("status")
    window.leave_palette()
    window.run("codeassistd: Reindex, Reading Every File Anew")

    killed = user.status()["pid"]
    os.kill(killed, signal.SIGKILL)
    window.search("call_with_backoff")
    window.rows_become("src/retry.py:4")  # without being asked again
    window.leave_palette()
    window.status_becomes(READY)
    assert user.status()["pid"] != killed

    window.click_status()
    window.rows_become("Stop daemon")
    window.page.keyboard.insert_text("Stop daemon")
    window.until(lambda: "Stop daemon" in window.focused_row(), "the action")
    window.press("Enter")
    window.status_becomes("stopped$")
    window.picture("stopped")
    window.search("ParseSettings lang:go")
    window.rows_become("src/settings.go")
    window.leave_palette()
    window.status_becomes(READY)
    assert window.notifications() == []


def test_settings_hold_at_once(window: Any) -> None:
    window.search("settings")
    window.until(lambda: len(window.rows()) > 1, "several results")
    window.leave_palette()

    window.run("Preferences: Open User Settings (JSON)")
    window.until(lambda: window.place()[0] == "settings.json" and window.is_editing(), "the settings")
    before = window.until(lambda: "{" in window.text() and window.text(), "their text")
    window.press("Control+Home", "ArrowRight")
    window.page.keyboard.insert_text('"codeassistd.search.limit": 1,')
    window.press("Control+s")
    window.until(lambda: not window.is_dirty(), "the file on disk")
    window.search("settings ")
    window.until(lambda: len(names(window)) == 1, "one result")
    window.leave_palette()

    window.until(window.is_editing, "the settings")
    window.press_until("Control+z", lambda: window.text() == before, "the text of before")
    window.press("Control+s")
    window.until(lambda: not window.is_dirty(), "the file on disk")
    window.search("settings")
    window.until(lambda: len(names(window)) > 1, "several results")
    window.leave_palette()


def names(window: Any) -> list[str]:
    """The rows of the palette that are results."""
    return [row for row in window.rows() if " | src/" in row or " | docs/" in row]


def test_indexing_shows_how_far_it_is(open_window: Any, user: Any) -> None:
    work = "def work_{0}_{1}(x):\n    return x * {0} + {1}"
    files = {
        f"module_{number}.py": "\n\n".join(work.format(number, each) for each in range(25))
        for number in range(100)
    }
    window = open_window(make_workspace(user.base / "large", files))

    window.watch_status()

    # What is asked before the server runs is answered by itself, and again when there is more.
    window.search("work_3_4")
    title = window.page.locator(".quick-input-title", has_text=re.compile("so far|still being made"))
    window.until(lambda: title.count() and "work_3_4 | " in window.focused_row(), "results so far")
    window.picture("palette-indexing")
    window.leave_palette()
    window.status_was(r"indexing \d+ %")
    window.status_becomes(READY)


def test_several_folders_are_searched_together(open_window: Any, user: Any) -> None:
    other = make_workspace(user.base / "other", {"notes.md": "# Zebra\n\nZebra crossings are striped.\n"})
    workspace = user.base / "both.code-workspace"
    workspace.write_text(json.dumps({"folders": [{"path": str(user.workspace)}, {"path": str(other)}]}))
    window = open_window(workspace=workspace)
    window.status_becomes(READY)

    window.search("zebra")
    window.rows_become("notes.md:1")
    window.retype("ParseSettings")
    window.rows_become("src/settings.go")


def test_a_missing_server_is_explained_and_found_once_it_is_there(open_window: Any, user: Any) -> None:
    uninstall_server(user.base)
    try:
        window = open_window(user.workspace)
        window.status_becomes("not installed$")
        assert window.notifications() == []
        window.click_status()
        window.rows_become("uv tool install codeassistd")
        window.picture("missing")
        window.leave_palette()
        window.search()
        window.rows_become("codeassistd is not installed")
        window.picture("missing-palette")
        window.type("ParseSettings")
    finally:
        install_server(user.base)
    window.rows_become("src/settings.go")  # without being asked again
    window.leave_palette()
    window.status_becomes(READY)


def test_an_untrusted_workspace_runs_no_program_of_its_own(open_window: Any, user: Any) -> None:
    folder = make_workspace(user.base / "stranger", FILES)
    ran = folder / "ran"
    for program in (folder / ".venv" / "bin" / "codeassistd", folder / "codeassistd"):
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(
            f'#!/bin/sh\ntouch "{ran}"\nexec "{Path(sys.executable).parent}/codeassistd" "$@"\n'
        )
        program.chmod(0o755)
    (folder / ".vscode").mkdir()
    (folder / ".vscode" / "settings.json").write_text(
        json.dumps({"codeassistd.path": str(folder / "codeassistd"), "codeassistd.index.index_secrets": True})
    )
    window = open_window(
        folder,
        security__workspace__trust__enabled=True,
        security__workspace__trust__startupPrompt="never",
    )

    window.status_becomes(READY)
    assert "Restricted Mode" in window.screen()
    window.search("ParseSettings lang:go")
    window.rows_become("src/settings.go")
    window.picture("restricted")
    window.leave_palette()
    assert not ran.exists()
    offered = window.offered()
    assert "codeassistd: Show Status" in offered
    assert "codeassistd: Edit with Instruction…" not in offered
