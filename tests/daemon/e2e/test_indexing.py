"""`codeassistd index`: the daemon does it when it runs, and says the same as without one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from home import PROGRAM, Home, living
from language_client import LspError, until
from project_files import FILES, write_files

MORE = {
    "data/picture.bin": "\0\1\2" * 100,
    "keys/.env": "PASSWORD=secret\n",
    "ignored/out.py": "def never():\n    pass\n",
    ".gitignore": "ignored/\n",
    "empty.py": "",
}


def test_the_daemon_says_the_same_as_a_process_of_its_own(
    own_home: Home, tmp_path: Path, model_cache: Path
) -> None:
    """First run, an edit, a removal, all again: each step told alike."""
    project = write_files((tmp_path / "project").resolve(), FILES | MORE)
    with living(tmp_path / "without", model_cache) as without:
        for step in (_nothing, _edit, _remove):
            own_home.run("stop")  # or it would have done its part before it was asked
            step(project)
            own_home.run("start")
            ours, theirs = (home.json("index", project) for home in (own_home, without))
            assert _timeless(ours) == _timeless(theirs)
            assert set(theirs["seconds"]) <= set(ours["seconds"])
        ours, theirs = (home.json("index", project, "--full") for home in (own_home, without))
        assert _timeless(ours) == _timeless(theirs)
        assert ours["files"]["indexed"] == 4
        assert not without.place.socket.exists()
    [workspace] = own_home.json("status", "--workspace", project)["workspaces"]
    assert (workspace["state"], workspace["revision"]) == ("ready", ours["revision"])


def _timeless(document: dict[str, Any]) -> dict[str, Any]:
    # How many commits a change takes is a matter of how fast it comes in.
    return {key: value for key, value in document.items() if key not in {"seconds", "revision"}}


def _nothing(_project: Path) -> None:
    pass


def _edit(project: Path) -> None:
    (project / "src" / "retry.py").write_text("def wombat(value):\n    return value\n")


def _remove(project: Path) -> None:
    (project / "src" / "basket.ts").unlink()


def test_settings_of_one_run_and_no_daemon_keep_it_in_this_process(own_home: Home, folder: Path) -> None:
    own_home.run("start")
    for options in (["--no-daemon"], ["--set", "index.exclude=docs/"], ["--force"]):
        own_home.run("index", folder, *options)
    assert _daemon_workspaces(own_home) == []
    own_home.run("index", folder)
    assert _daemon_workspaces(own_home) == [str(folder)]
    # The daemon has it open; another process may write all the same, one at a time.
    (folder / "late.py").write_text("def bandicoot():\n    pass\n")
    assert own_home.json("index", folder, "--no-daemon")["files"]["seen"] == 4
    found = own_home.json("search", "bandicoot", "--workspace", folder)
    assert found["results"][0]["path"] == "late.py"


def _daemon_workspaces(home: Home) -> list[str]:
    editor = home.connect("socket")
    editor.start()
    roots = [workspace["root"] for workspace in editor.request("codeassist/status")["workspaces"]]
    editor.leave()
    return roots


def test_progress_comes_with_the_request_and_ends(own_home: Home, folder: Path) -> None:
    for number in range(300):
        (folder / f"f{number}.py").write_text(f"def function_{number}(value):\n    return value * {number}\n")
    editor = own_home.connect("socket")
    editor.start(folder)
    answer = editor.request("codeassist/index", {"workspace": str(folder), "workDoneToken": "mine"})
    [report] = answer["reports"]
    assert report["files"]["indexed"] == report["files"]["seen"] == 303
    assert report["chunks"]["pending"] == 0
    values = [told["value"] for told in editor.named("$/progress")]
    assert [values[0]["kind"], values[-1]["kind"]] == ["begin", "end"]
    assert {value["kind"] for value in values[1:-1]} <= {"report"}
    assert {value["phase"] for value in values[:-1]} >= {"embed"}
    assert {value["workspace"] for value in values[:-1]} == {str(folder)}
    again = editor.request("codeassist/index", {"full": True})["reports"]
    assert [each["files"]["indexed"] for each in again] == [303]
    with pytest.raises(LspError, match=r"params\.full is a string"):
        editor.request("codeassist/index", {"full": "yes"})


def test_an_interrupt_leaves_the_daemon_at_work(own_home: Home, folder: Path) -> None:
    for number in range(600):
        steps = "".join(f"    value = value * {number} + {step}\n" for step in range(25))
        (folder / f"f{number}.py").write_text(f"def function_{number}(value):\n{steps}")
    own_home.run("start")
    process = subprocess.Popen(
        [*PROGRAM, "index", str(folder), "--json"],
        env=own_home.environment,
        cwd=own_home.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    editor = own_home.connect("socket")
    editor.start()
    until(lambda: editor.request("codeassist/status")["workspaces"], "the daemon to be asked")
    os.kill(process.pid, signal.SIGINT)
    output, said = process.communicate(timeout=60)
    assert (process.returncode, output) == (130, ""), said
    assert "the daemon goes on indexing" in said
    editor.leave()
    assert json.loads(own_home.run("index", folder, "--json"))["chunks"]["pending"] == 0
