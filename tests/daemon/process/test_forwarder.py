"""An editor's session that outlives its daemons, with real processes and pipes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from codeassistd.daemon.process.connecting import connect
from codeassistd.daemon.process.frames import framed
from codeassistd.daemon.process.rendezvous import Rendezvous
from codeassistd.daemon.process.session_memory import REQUEST_FAILED
from codeassistd.daemon.process.stopping import stop_daemon

Command = Callable[..., list[str]]
Editing = Callable[[list[str]], AbstractContextManager[Any]]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="select waits for sockets only there")


def _document(uri: str, text: str) -> dict[str, Any]:
    return {"textDocument": {"uri": uri, "languageId": "python", "version": 1, "text": text}}


def test_a_session_from_start_to_end(place: Rendezvous, echo: Command, editing: Editing) -> None:
    with editing(echo()) as editor:
        pid = editor.open()
        assert editor.request("say", {"text": "é"})["result"] == [pid, {"text": "é"}]
        assert editor.request("fail", {"code": 1, "message": "no"})["error"]["message"] == "no"
        note = {"method": "codeassist/indexChanged", "params": {}}
        number = editor.send("send", note)
        assert editor.next_message() == note
        assert editor.next_message()["id"] == number
        assert editor.close() == 0
        loaded = editor.errors().split()
        assert set(loaded) <= {"filelock", "asyncio", "tempfile"}, "more than starting a daemon needs"
    with editing(echo()) as editor:
        assert editor.open() == pid, "the daemon goes on"
        assert editor.close() == 0
        assert editor.errors() == "", "joining a daemon that runs needs nothing heavy"


def test_large_messages_in_pieces(place: Rendezvous, echo: Command, editing: Editing) -> None:
    with editing(echo()) as editor:
        pid = editor.open()
        text = "x" * 3_000_000
        assert editor.request("say", text)["result"] == [pid, text]
        whole = framed({"id": "p", "method": "say", "params": 1})
        for start in range(0, len(whole), 7):
            editor.send_bytes(whole[start : start + 7])
        assert editor.next_message()["result"] == [pid, 1]


def test_bytes_that_are_no_message_go_to_the_session(
    place: Rendezvous, echo: Command, editing: Editing
) -> None:
    with editing(echo()) as editor:
        editor.open()
        editor.send_bytes(b"Content-Length: 5\r\n\r\nhello")
        assert editor.next_message()["error"]["message"] == "not JSON"
        editor.send_bytes(b"No-Length: 5\r\n\r\n")
        assert editor.next_message()["error"]["message"] == "not JSON"
        editor.send_bytes(b"Content-Length: 200000000\r\n\r\n")
        answer = editor.next_message()
        assert answer["id"] is None
        assert "more than" in answer["error"]["message"]


def test_after_a_crash_the_session_goes_on(place: Rendezvous, echo: Command, editing: Editing) -> None:
    with editing(echo()) as editor:
        first = editor.open()
        editor.notify("textDocument/didOpen", _document("a", "one\n"))
        editor.notify("textDocument/didOpen", _document("b", "two\n"))
        insert = {
            "range": {"start": {"line": 0, "character": 3}, "end": {"line": 0, "character": 3}},
            "text": "!",
        }
        editor.notify(
            "textDocument/didChange",
            {"textDocument": {"uri": "a", "version": 2}, "contentChanges": [insert]},
        )
        editor.notify("textDocument/didClose", {"textDocument": {"uri": "b"}})
        begun = {"method": "$/progress", "params": {"token": "t", "value": {"kind": "begin"}}}
        editor.send("send", begun)
        assert editor.next_message() == begun
        editor.next_message()
        waiting = editor.send("hang")
        crashed = editor.send("crash")

        told = [editor.next_message() for _ in range(3)]
        assert told[0]["params"] == {"token": "t", "value": {"kind": "end"}}
        assert [message["id"] for message in told[1:]] == [waiting, crashed]
        assert {message["error"]["code"] for message in told[1:]} == {REQUEST_FAILED}

        seen = editor.request("seen")["result"]
        assert [message["method"] for message in seen] == [
            "initialize",
            "initialized",
            "textDocument/didOpen",
        ]
        assert seen[0]["params"]["workspaceFolders"] == [{"uri": "w", "name": "w"}]
        assert seen[2]["params"]["textDocument"] == {**_document("a", "one!\n")["textDocument"], "version": 2}
        assert editor.pid() != first
        assert editor.close() == 0


def test_what_only_reads_is_answered_by_the_next_daemon(
    place: Rendezvous, echo: Command, editing: Editing
) -> None:
    with editing(echo()) as editor:
        first = editor.open()
        os.kill(first, signal.SIGSTOP)
        search = editor.send("codeassist/search", {"query": "a"})
        other = editor.send("codeassist/reindex", {})
        os.kill(first, signal.SIGKILL)
        failed, answered = editor.next_message(), editor.next_message()
        assert (failed["id"], failed["error"]["code"]) == (other, REQUEST_FAILED)
        assert answered["id"] == search
        pid, params = answered["result"]
        assert (pid, params) == (editor.pid(), {"query": "a"})
        assert pid != first
        assert editor.close() == 0


def test_a_daemon_killed_while_idle_is_started_again(
    place: Rendezvous, echo: Command, editing: Editing
) -> None:
    with editing(echo()) as editor:
        first = editor.open()
        os.kill(first, signal.SIGKILL)
        # A request that was sent before the loss was seen fails; at most one does.
        answers = [editor.request("where") for _ in range(3)]
        assert [answer["result"][0] != first for answer in answers if "result" in answer][-2:] == [True, True]


def test_typing_through_crashes_loses_no_change(place: Rendezvous, echo: Command, editing: Editing) -> None:
    """Every change reaches the last daemon, directly or by the replay, and none twice."""
    with editing(echo()) as editor:
        pid = editor.open()
        editor.notify("textDocument/didOpen", _document("a", ""))
        for number in range(400):
            at = {"line": 0, "character": number}
            editor.notify(
                "textDocument/didChange",
                {
                    "textDocument": {"uri": "a", "version": number + 2},
                    "contentChanges": [{"range": {"start": at, "end": at}, "text": chr(97 + number % 26)}],
                },
            )
            if number == 200:
                os.kill(pid, signal.SIGKILL)
        seen = editor.request("seen")["result"]
        text, expected = "", "".join(chr(97 + number % 26) for number in range(400))
        for message in seen[2:]:
            if message["method"] == "textDocument/didOpen":
                text = message["params"]["textDocument"]["text"]
            else:
                (change,) = message["params"]["contentChanges"]
                assert change["range"]["start"]["character"] == len(text)
                text += change["text"]
        assert text == expected


def test_a_daemon_that_was_stopped_comes_back_when_it_is_needed(
    place: Rendezvous, echo: Command, editing: Editing
) -> None:
    with editing(echo()) as editor:
        first = editor.open()
        assert stop_daemon(place) == "stopped"
        assert stop_daemon(place) == "absent", "nobody started it again"
        assert editor.pid() != first


def test_a_daemon_that_somebody_started_is_joined(place: Rendezvous, echo: Command, editing: Editing) -> None:
    with editing(echo()) as editor:
        editor.open()
        stop_daemon(place)
        with connect(place, "control", echo()) as connection:
            assert editor.pid() == connection.daemon.pid


def test_daemons_that_keep_crashing_end_it(place: Rendezvous, echo: Command, editing: Editing) -> None:
    with editing(echo()) as editor:
        editor.open()
        for _ in range(3):
            number = editor.send("crash")
            assert editor.next_message()["id"] == number
        assert editor.process.wait(30) == 1
        assert "crashed 3 times" in editor.errors()


def test_a_daemon_that_cannot_start_is_said_to_the_editor(
    place: Rendezvous, echo: Command, editing: Editing
) -> None:
    with editing(echo(fail="no space left")) as editor:
        answer = editor.request("initialize", {})
        assert "no space left" in answer["error"]["message"]
        assert editor.process.wait(30) == 1
        assert "no space left" in editor.errors()


def test_a_daemon_that_does_not_go_on_with_the_session_ends_it(
    place: Rendezvous, echo: Command, editing: Editing, tmp_path: Path
) -> None:
    refuse = tmp_path / "refuse"
    with editing(echo(refuse=refuse)) as editor:
        pid = editor.open()
        refuse.touch()
        os.kill(pid, signal.SIGKILL)
        assert editor.process.wait(30) == 1
        assert "doesn't go on with the session: no more sessions" in editor.errors()


def test_a_crash_before_the_session_began_is_not_seen(
    place: Rendezvous, echo: Command, editing: Editing
) -> None:
    with editing(echo()) as editor:
        with connect(place, "control", echo()) as connection:
            pid = connection.daemon.pid
        os.kill(pid, signal.SIGSTOP)
        number = editor.send("initialize", {"capabilities": {}})
        os.kill(pid, signal.SIGKILL)
        answer = editor.next_message()
        assert answer["id"] == number
        assert answer["result"]["pid"] != pid
        assert editor.close() == 0


@pytest.mark.parametrize("way", ["closes its end", "says exit", "is killed"])
def test_the_forwarder_goes_with_its_editor(
    place: Rendezvous, echo: Command, editing: Editing, way: str
) -> None:
    with editing(echo()) as editor:
        pid = editor.open()
        editor.send("hang")
        if way == "says exit":
            editor.notify("exit")
        elif way == "is killed":
            editor.process.stdout.close()  # type: ignore[union-attr]
            editor.process.stdin.close()  # type: ignore[union-attr]
        else:
            editor.process.stdin.close()  # type: ignore[union-attr]
        assert editor.process.wait(30) == 0
    with editing(echo()) as editor:
        assert editor.open() == pid


def test_it_goes_although_the_daemon_hangs(place: Rendezvous, echo: Command, editing: Editing) -> None:
    with editing(echo()) as editor:
        pid = editor.open()
        os.kill(pid, signal.SIGSTOP)
        try:
            editor.process.stdin.close()  # type: ignore[union-attr]
            assert editor.process.wait(30) == 0
        finally:
            os.kill(pid, signal.SIGCONT)
