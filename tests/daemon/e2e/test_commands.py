"""Commands that end, beside a daemon that doesn't."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import psutil
import pytest
from home import PROGRAM, Home, is_at_work
from language_client import LspError, until


def test_the_daemon_is_started_paused_resumed_and_stopped(own_home: Home, folder: Path) -> None:
    assert own_home.json("stop") == {"outcome": "absent"}
    assert own_home.json("status", "--workspace", folder)["daemon"] is False
    started = own_home.json("start")
    assert started["started"] is True
    daemon = psutil.Process(started["pid"])
    again = own_home.json("start")
    assert (again["started"], again["pid"]) == (False, started["pid"])
    editor = own_home.connect("socket")
    editor.start(folder)
    editor.wait_for_index()
    own_home.run("pause")
    (folder / "late.py").write_text("def wallaby():\n    pass\n")
    with pytest.raises(LspError, match="paused"):
        editor.wait_for_index()
    assert editor.paths("parse_duration") == ["src/retry.py"]
    status = own_home.json("status", "--workspace", folder)
    assert (status["daemon"], status["pid"]) == (True, started["pid"])
    assert status["workspaces"][0]["state"] == "paused"
    own_home.run("resume")
    editor.wait_for_index()
    assert editor.paths("wallaby") == ["late.py"]
    assert own_home.json("stop") == {"outcome": "stopped"}
    until(lambda: not is_at_work(daemon), "the end")


def test_a_search_waits_for_a_first_index_unless_indexing_is_paused(own_home: Home, folder: Path) -> None:
    own_home.run("start")
    own_home.run("pause")
    editor = own_home.connect("socket")
    editor.start(folder)
    with pytest.raises(LspError, match="not indexed yet; indexing is paused"):
        editor.search("wallaby")
    own_home.run("resume")
    assert editor.search("call_with_backoff")


def test_answers_are_the_same_with_a_daemon_and_without(own_home: Home, folder: Path) -> None:
    own_home.run("index", folder)
    questions = [
        ("search", "wait longer after every failure", "--workspace", folder),
        ("search", "totalPrice", "-k", "2", "--workspace", folder),
        ("similar", "src/retry.py:4-10", "--workspace", folder),
    ]
    without = [_answer(own_home.json(*question)) for question in questions]
    assert not own_home.place.socket.exists()  # none was started for that
    own_home.run("start")
    assert [_answer(own_home.json(*question)) for question in questions] == without
    assert without[0]["results"]
    # The daemon sees what has changed since.
    (folder / "new.py").write_text("def quoll():\n    pass\n")
    found = own_home.json("search", "quoll", "--workspace", folder)
    assert found["results"][0]["path"] == "new.py"


def test_a_wrong_request_is_one_with_a_daemon_and_without(own_home: Home, folder: Path) -> None:
    question = ("similar", "src/retry.py:999", "--workspace", folder)
    without = own_home.error(*question, status=2).partition("error:")[2]
    own_home.run("start")
    assert own_home.error(*question, status=2).endswith(without)


def test_status_is_told_from_the_home_folder(own_home: Home, folder: Path) -> None:
    own_home.run("start")
    editor = own_home.connect("socket")
    editor.start(folder)
    editor.wait_for_index()
    said = own_home.run("status")
    assert "not indexed yet" in said
    assert f"{folder}, ready" in said
    assert str(folder) in [each["root"] for each in own_home.json("status")["workspaces"]]


def test_a_daemon_without_a_place_for_its_data_says_so(own_home: Home) -> None:
    own_home.environment["CODEASSISTD_DATA_DIR"] = str(own_home.folder / "config.toml" / "data")
    said = own_home.error("start")
    assert f"cannot write to {own_home.folder / 'config.toml' / 'data'}" in said
    assert "set CODEASSISTD_DATA_DIR to another folder" in said


def test_the_models_of_the_daemon_say_what_those_of_a_process_say(own_home: Home, folder: Path) -> None:
    texts = [f"def function_{number}(): return {number}" for number in range(5)]
    questions = [("embed", *texts), ("embed", "--kind", "query", "a question"), ("rerank", "add", *texts)]
    own_home.run("start")
    with_daemon = [own_home.json(*question) for question in questions]
    editor = own_home.connect("socket")
    editor.start()
    [model] = editor.request("codeassist/status")["models"]
    assert model["uses"] == len(questions)
    without = [own_home.json(*question, "--no-daemon") for question in questions]
    settings = [own_home.json(*question, "--set", "model.threads=1") for question in questions]
    assert with_daemon == without == settings
    [model] = editor.request("codeassist/status")["models"]
    assert model["uses"] == len(questions)
    assert (model["texts"], model["errors"], model["queued"], model["problem"]) == (11, 0, 0, "")
    assert model["tokens"] > model["texts"]
    assert model["computingSeconds"] > 0
    assert model["memory"] > 1_000_000
    said = own_home.run("status", "--workspace", folder)
    assert "all-MiniLM-L6-v2, loaded: " in said
    assert "3 requests, 11 texts, " in said
    lines = own_home.run("rerank", "add", *texts, "--top-k", "2").splitlines()
    assert [line.split("\t")[1] for line in lines] == [each["text"] for each in without[2]["results"][:2]]


@pytest.mark.parametrize("preload", [True, False])
def test_the_model_is_loaded_with_the_workspace_or_at_the_first_search(
    own_home: Home, folder: Path, preload: bool
) -> None:
    own_home.run("index", folder)  # so that nothing is left to be embedded by another process
    Path(own_home.environment["CODEASSISTD_CONFIG"]).write_text(
        f"[daemon]\npreload = {str(preload).lower()}\n"
    )
    editor = own_home.connect("socket")
    editor.start(folder)
    editor.wait_for_index()

    def state() -> str:
        return str(editor.request("codeassist/status")["models"][0]["state"])

    if preload:
        until(lambda: state() == "loaded", "the model being loaded")
    else:
        assert state() == "unloaded"
        assert editor.paths("parse_duration") == ["src/retry.py"]  # words need none
        assert state() == "unloaded"
    assert editor.search("wait longer after every failure")
    assert state() == "loaded"


def _answer(document: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in document.items() if key != "took_ms"}


def test_a_language_server_that_its_editor_ends_says_nothing(own_home: Home, folder: Path) -> None:
    own_home.run("start")
    with subprocess.Popen(
        [*PROGRAM, "lsp"], env=own_home.environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as server:
        until(lambda: own_home.json("status", "--workspace", folder)["sessions"] == 1, "the session")
        server.terminate()
        _, said = server.communicate(timeout=30)
    assert (server.returncode, said) == (128 + signal.SIGTERM, b"")
