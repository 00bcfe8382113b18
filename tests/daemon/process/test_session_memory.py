"""What a new daemon and the editor are told after a daemon was lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.daemon.process.session_memory import REQUEST_FAILED, SessionMemory

INITIALIZE = {
    "id": 1,
    "method": "initialize",
    "params": {"capabilities": {}, "rootUri": "file:///w/", "workspaceFolders": None},
}


def _running(encoding: str = "utf-8") -> SessionMemory:
    memory = SessionMemory()
    memory.from_editor(INITIALIZE)
    memory.from_daemon({"id": 1, "result": {"capabilities": {"positionEncoding": encoding}}})
    memory.from_editor({"method": "initialized", "params": {}})
    return memory


def _open(uri: str, text: str) -> dict[str, Any]:
    item = {"uri": uri, "languageId": "python", "version": 1, "text": text}
    return {"method": "textDocument/didOpen", "params": {"textDocument": item}}


def test_nothing_to_replay_before_the_editor_speaks() -> None:
    replay = SessionMemory().replay()
    assert (replay.initialize, replay.rest) == (None, ())


def test_an_unanswered_initialize_is_sent_as_it_was() -> None:
    memory = SessionMemory()
    memory.from_editor(INITIALIZE)
    assert memory.daemon_lost() == []
    replay = memory.replay()
    assert replay.initialize == INITIALIZE
    assert replay.editor_waits
    assert memory.unanswered() == [1]


def test_open_documents_folders_and_configuration() -> None:
    memory = _running()
    memory.from_editor({"method": "workspace/didChangeConfiguration", "params": {"settings": 1}})
    memory.from_editor({"method": "workspace/didChangeConfiguration", "params": {"settings": 2}})
    memory.from_editor(_open("a", "é = 1\n"))
    memory.from_editor(_open("b", "gone"))
    memory.from_editor({"method": "textDocument/didClose", "params": {"textDocument": {"uri": "b"}}})
    change = {
        "range": {"start": {"line": 0, "character": 2}, "end": {"line": 0, "character": 2}},
        "text": "!",
    }
    memory.from_editor(
        {
            "method": "textDocument/didChange",
            "params": {"textDocument": {"uri": "a", "version": 5}, "contentChanges": [change]},
        }
    )
    event = {"added": [{"uri": "file:///x", "name": "x"}], "removed": []}
    memory.from_editor({"method": "workspace/didChangeWorkspaceFolders", "params": {"event": event}})
    assert memory.daemon_lost() == []
    replay = memory.replay()
    assert replay.initialize is not None
    assert not replay.editor_waits
    assert replay.initialize["id"] != 1
    params = replay.initialize["params"]
    assert params["workspaceFolders"] == [
        {"uri": "file:///w/", "name": "w"},
        {"uri": "file:///x", "name": "x"},
    ]
    assert params["capabilities"] == {"general": {"positionEncodings": ["utf-8"]}}
    assert [note["method"] for note in replay.rest] == [
        "initialized",
        "workspace/didChangeConfiguration",
        "textDocument/didOpen",
    ]
    assert replay.rest[1]["params"] == {"settings": 2}
    item = replay.rest[2]["params"]["textDocument"]
    assert item == {"uri": "a", "languageId": "python", "version": 5, "text": "é! = 1\n"}
    again = memory.replay()
    assert again.initialize is not None
    assert again.initialize["id"] != replay.initialize["id"]


def test_folders_that_went_are_gone() -> None:
    memory = _running()
    for event in ({"added": [{"uri": "x", "name": "x"}]}, {"removed": [{"uri": "file:///w/", "name": ""}]}):
        memory.from_editor({"method": "workspace/didChangeWorkspaceFolders", "params": {"event": event}})
    replay = memory.replay()
    assert replay.initialize is not None
    assert replay.initialize["params"]["workspaceFolders"] == [{"uri": "x", "name": "x"}]


def test_requests_and_progress_under_way_are_ended() -> None:
    memory = _running()
    memory.from_editor({"id": 5, "method": "codeassist/search", "params": {}})
    memory.from_editor({"id": "six", "method": "workspace/symbol", "params": {}})
    memory.from_daemon({"id": 5, "result": []})
    for token, kind in (("a", "begin"), ("b", "begin"), ("b", "report"), ("b", "end")):
        memory.from_daemon({"method": "$/progress", "params": {"token": token, "value": {"kind": kind}}})
    progress, failed = memory.daemon_lost()
    assert progress == {"method": "$/progress", "params": {"token": "a", "value": {"kind": "end"}}}
    assert failed["id"] == "six"
    assert failed["error"]["code"] == REQUEST_FAILED
    assert "try again" in failed["error"]["message"]
    assert set(failed["error"]["data"]) == {"reason", "hint"}
    assert memory.daemon_lost() == []


def test_answers_to_a_daemon_that_is_gone_stay_here() -> None:
    memory = _running()
    memory.from_daemon({"id": "q1", "method": "workspace/configuration", "params": {}})
    memory.from_daemon({"id": "q2", "method": "workspace/configuration", "params": {}})
    assert memory.from_editor({"id": "q1", "result": []})
    memory.daemon_lost()
    assert not memory.from_editor({"id": "q2", "result": []})
    assert memory.from_editor({"id": "q2", "result": []})
    memory.from_daemon({"id": "q3", "method": "workspace/configuration", "params": {}})
    memory.daemon_lost()
    memory.from_daemon({"id": "q3", "method": "workspace/configuration", "params": {}})
    assert memory.from_editor({"id": "q3", "result": []})


def _command(number: int, name: str, *arguments: Any) -> dict[str, Any]:
    params = {"command": name, "arguments": list(arguments)}
    return {"id": number, "method": "workspace/executeCommand", "params": params}


READ_ONLY = [
    {"id": 1_000, "method": "codeassist/search", "params": {"query": "a"}},
    {"id": 1_001, "method": "codeassist/status"},
    {"id": 1_002, "method": "workspace/symbol", "params": {"query": "a"}},
    _command(1_003, "codeassist.search", "a"),
]

NOT_TWICE = [
    {"id": 1_000, "method": "codeassist/reindex", "params": {"full": True}},
    {"id": 1_001, "method": "codeassist/search", "params": {"query": "a", "partialResultToken": "t"}},
    _command(1_002, "codeassist.reindex"),
    _command(1_003, "codeassist.search", {"query": "a", "partialResultToken": "t"}),
    {"id": 1_004, "method": "workspace/executeCommand", "params": None},
    {"id": 1_005, "method": "codeassist/search", "params": 3},
]


def test_what_only_reads_is_asked_of_the_next_daemon_once() -> None:
    memory = _running()
    for request in READ_ONLY:
        memory.from_editor(request)
    assert memory.daemon_lost(crashed=True) == []
    assert memory.unanswered() == [request["id"] for request in READ_ONLY]
    assert list(memory.replay().rest[1:]) == READ_ONLY
    memory.from_daemon({"id": READ_ONLY[0]["id"], "result": {}})
    told = memory.daemon_lost(crashed=True)
    assert [(answer["id"], answer["error"]["code"]) for answer in told] == [
        (request["id"], REQUEST_FAILED) for request in READ_ONLY[1:]
    ]
    assert [note["method"] for note in memory.replay().rest] == ["initialized"]


@pytest.mark.parametrize(
    ("requests", "crashed", "leaves"),
    [(READ_ONLY, False, False), (READ_ONLY, True, True), (NOT_TWICE, True, False)],
)
def test_anything_else_fails_and_so_does_everything_when_no_daemon_follows(
    requests: list[dict[str, Any]], crashed: bool, leaves: bool
) -> None:
    memory = _running()
    for request in requests:
        memory.from_editor(request)
    if leaves:
        memory.from_editor({"id": 9, "method": "shutdown"})
    told = memory.daemon_lost(crashed=crashed)
    failed = [answer["id"] for answer in told if "error" in answer]
    assert failed == [request["id"] for request in requests]
    assert [note["method"] for note in memory.replay().rest] == ["initialized"]


def test_what_was_sent_before_the_session_began_is_not_asked_again() -> None:
    memory = SessionMemory()
    memory.from_editor(READ_ONLY[0])
    assert [answer["id"] for answer in memory.daemon_lost(crashed=True)] == [1_000]
    memory.from_editor(INITIALIZE)
    memory.from_editor(READ_ONLY[1])
    assert [answer["id"] for answer in memory.daemon_lost(crashed=True)] == [1_001]


def test_a_shutdown_is_answered_and_ends_it() -> None:
    memory = _running()
    memory.from_editor({"id": 9, "method": "shutdown"})
    assert memory.shutting_down
    assert memory.daemon_lost() == [{"id": 9, "result": None}]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "textDocument",
                    "uri",
                    "text",
                    "contentChanges",
                    "event",
                    "added",
                    "token",
                    "value",
                    "kind",
                    "range",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "id": _JSON,
                "method": st.sampled_from(
                    [
                        "initialize",
                        "textDocument/didOpen",
                        "textDocument/didChange",
                        "textDocument/didClose",
                        "workspace/didChangeWorkspaceFolders",
                        "$/progress",
                    ]
                )
                | _JSON,
                "params": _JSON,
                "result": _JSON,
            },
        ),
        max_size=8,
    )
)
def test_no_message_is_too_odd(messages: list[dict[str, Any]]) -> None:
    memory = SessionMemory()
    for message in messages:
        memory.from_editor(message)
        memory.from_daemon(message)
    memory.daemon_lost()
    memory.replay()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "nonsense"])
def test_the_encoding_that_was_agreed_on_stays(encoding: str) -> None:
    replay = _running(encoding).replay()
    assert replay.initialize is not None
    agreed = replay.initialize["params"]["capabilities"]["general"]["positionEncodings"]
    assert agreed == ["utf-16" if encoding == "nonsense" else encoding]
