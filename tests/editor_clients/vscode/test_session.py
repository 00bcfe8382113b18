"""The server's life in the editor: found, started, watched, killed, stopped, and what the user sees of it."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from ..user import FILES, make_workspace
from .user import install_server

READY = r"^codeassistd$"


def daemon_pid(user: Any) -> int:
    return int(user.status()["pid"])


def test_status_actions_and_a_killed_daemon(open_window: Any, user: Any) -> None:
    window = open_window()
    window.status_becomes(READY)
    window.picture("ready")
    window.click_status()
    window.rows_become("all-MiniLM-L6-v2")
    window.rows_become("ready: 4 files")
    window.picture("status")
    window.press("Escape")
    window.run("codeassistd: Reindex, Reading Every File Anew")

    killed = daemon_pid(user)
    os.kill(killed, signal.SIGKILL)
    window.search("call_with_backoff")

    # What is asked in the moment of its death fails, and says so: the next letter asks again.
    def asks_again() -> bool:
        window.press("Space")
        return any("call_with_backoff" in row for row in window.rows())

    window.until(asks_again, "results from the next daemon")
    window.press("Escape")
    window.status_becomes(READY)
    assert daemon_pid(user) != killed

    window.click_status()
    window.rows_become("Stop daemon")
    window.type("Stop daemon")
    window.press("Enter")
    window.status_becomes("stopped$")
    window.picture("stopped")
    window.search("ParseSettings lang:go")
    window.rows_become("src/settings.go")
    window.press("Escape")
    window.status_becomes(READY)
    assert window.notifications() == []


def test_settings_hold_at_once(open_window: Any) -> None:
    # A server of its own: a closed window's session lives on for a while, with its settings.
    window = open_window(environment={})
    window.status_becomes(READY)
    window.search("settings")
    window.until(lambda: len(window.rows()) > 1, "several results")
    window.press("Escape")

    window.run("Preferences: Open User Settings (JSON)")
    window.until(lambda: window.place()[0] == "settings.json", "the settings")
    window.until(lambda: "codeassistd" not in window.text() and "{" in window.text(), "their text")
    window.press("Control+Home", "ArrowRight")
    window.page.keyboard.insert_text('"codeassistd.search.limit": 1,')
    window.press("Control+s")
    window.search("settings ")
    window.until(lambda: len(window.rows()) == 1, "one result")
    window.press("Escape")
    window.run("View: Close All Editors")


def test_indexing_shows_how_far_it_is(open_window: Any, user: Any) -> None:
    work = "def work_{0}_{1}(x):\n    return x * {0} + {1}"
    files = {
        f"module_{number}.py": "\n\n".join(work.format(number, each) for each in range(25))
        for number in range(100)
    }
    window = open_window(make_workspace(user.base / "large", files))

    window.status_becomes(r"indexing \d+ %")
    window.picture("indexing")
    window.search("work_3_4")
    window.rows_become("work_3_4")
    window.picture("palette-indexing")
    window.press("Escape")
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
    window.press("Escape")


def test_a_missing_server_is_explained_and_found_once_it_is_there(open_window: Any, user: Any) -> None:
    home = user.base / "newcomer"
    home.mkdir()
    window = open_window(environment={"HOME": str(home)})

    window.status_becomes("not installed$")
    assert window.notifications() == []
    window.click_status()
    window.rows_become("uv tool install codeassistd")
    window.picture("missing")
    window.press("Escape")
    window.search()
    window.rows_become("codeassistd is not installed")
    window.picture("missing-palette")
    window.type("ParseSettings")

    install_server(home)
    window.rows_become("src/settings.go")  # without being asked again
    window.press("Escape")
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
        environment={"HOME": str(user.base)},
        security__workspace__trust__enabled=True,
        security__workspace__trust__startupPrompt="never",
    )

    window.status_becomes(READY)
    assert "Restricted Mode" in window.screen()
    window.search("ParseSettings lang:go")
    window.rows_become("src/settings.go")
    window.picture("restricted")
    window.press("Escape")
    assert not ran.exists()
    assert not window.offers("codeassistd: Edit with Instruction")
