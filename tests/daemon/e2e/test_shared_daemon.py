"""One daemon for everybody: who starts it, who ends it, and who can't disturb it."""

from __future__ import annotations

import os
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from home import Home, is_at_work, living
from language_client import Editor, LspError, until

from codeassistd.daemon.process.connecting import attach
from codeassistd.daemon.process.record import read_record


@pytest.fixture(scope="module")
def rough(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> Iterator[Home]:
    """A home whose daemon and its workers are killed."""
    with living(tmp_path_factory.mktemp("rough"), model_cache) as found:
        yield found


def _worker(daemon: int, module: str) -> psutil.Process | None:
    for child in psutil.Process(daemon).children(recursive=True):
        if any(module in argument for argument in child.cmdline()):
            return child
    return None


def test_twenty_editors_at_once_get_one_daemon_which_ends_in_good_order(own_home: Home, folder: Path) -> None:
    editors = [own_home.connect("forwarder") for _ in range(20)]
    for editor in editors:
        editor.post({"id": "hello", "method": "initialize", "params": {"capabilities": {}}})
    daemons = {editor.request("codeassist/status")["pid"] for editor in editors}
    assert daemons == {own_home.pid}
    editors[0].change_folders(added=(folder,))
    editors[0].wait_for_index()
    daemon = psutil.Process(own_home.pid)
    family = daemon.children(recursive=True)
    assert family
    daemon.send_signal(signal.SIGTERM)
    until(lambda: not any(map(is_at_work, (daemon, *family))), "the end")
    assert read_record(own_home.place) is None
    assert not own_home.place.socket.exists()
    # Whoever asks next has it started again, and what was open is open there.
    assert editors[0].paths("archive") == ["docs/guide.md"]
    assert {editor.request("codeassist/status")["pid"] for editor in editors} == {own_home.pid}


def test_a_killed_daemon_costs_no_search(rough: Home, folder: Path) -> None:
    editor = rough.connect("forwarder")
    editor.start(folder)
    editor.wait_for_index()
    draft = folder / "src/retry.py"
    editor.open(draft)
    editor.change(draft, "def unsaved_🐨_dingo():\n    pass\n", 0, 0, 1, 0)
    editor.change(draft, "🐪", 0, 12, 0, 14)
    assert editor.paths("dingo") == ["src/retry.py"]
    before = rough.pid
    os.kill(before, signal.SIGSTOP)
    under_way = editor.send("codeassist/search", {"query": "dingo", "mode": "keyword"})
    changing = editor.send("codeassist/reindex", {})
    os.kill(before, signal.SIGKILL)
    assert [result["path"] for result in editor.result(under_way)["results"]] == ["src/retry.py"]
    with pytest.raises(LspError, match="try again"):
        editor.result(changing)
    assert editor.paths("dingo") == ["src/retry.py"]
    assert rough.pid != before
    assert "unsaved_🐪_dingo" in editor.search("dingo", mode="keyword")[0]["snippet"]
    other = rough.connect("socket")
    other.start(folder)
    assert other.paths("dingo") == []
    editor.leave()
    other.leave()


def test_killed_workers_are_replaced(rough: Home, folder: Path) -> None:
    editor = rough.connect("socket")
    editor.start(folder)
    editor.wait_for_index()
    embedding = editor.send("codeassist/embed", {"texts": ["some text " * 40] * 300, "kind": "document"})
    model = until(lambda: _worker(rough.pid, "models.worker"), "a model worker")
    model.kill()
    assert editor.search("waiting after a failure", mode="semantic")[0]["path"] == "src/retry.py"
    assert len(editor.result(embedding)["embeddings"]) == 300
    for number in range(60):
        (folder / f"more_{number}.py").write_text(f"def numbat_{number}():\n    pass\n")
    waiting = editor.send("codeassist/waitForIndex")
    indexer = until(lambda: _worker(rough.pid, "index_worker"), "an index worker")
    indexer.kill()
    editor.result(waiting)
    assert len(editor.paths("numbat", limit=100)) == 60
    editor.leave()


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"Content-Length: 999999999999\r\n\r\n{}",
        b"Content-Length: ten\r\n\r\n0123456789",
        b"\0\xff" * 100_000,
        b"Content-Length: 500\r\n\r\n{",
        b"Content-Length: 2\r\n\r\n[]Content-Length: 9\r\n\r\nnot jsonn",
        b"Content-Length: 200000\r\n\r\n" + b"[" * 200_000,
    ],
)
def test_garbage_harms_only_who_sends_it(home: Home, garbage: bytes) -> None:
    with _attached(home) as client:
        client.sendall(garbage)
        client.shutdown(socket.SHUT_WR)
        client.settimeout(20)
        while client.recv(65536):
            pass
    with _connected(home) as stranger:  # one that never shakes hands
        stranger.sendall(garbage[:4000] + b"\n")
    editor = home.connect("socket")
    editor.start()
    assert editor.request("codeassist/status")["pid"] == home.pid
    editor.leave()


def _attached(home: Home) -> socket.socket:
    if not home.place.socket.exists():
        home.run("start")
    return attach(home.place, "lsp").socket


def _connected(home: Home) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(home.place.socket))
    return client


def test_clients_that_vanish_or_never_read(home: Home, folder: Path) -> None:
    steady = home.connect("socket")
    steady.start(folder)
    steady.wait_for_index()
    before = _sessions(steady)
    params = b'{"texts":[%b],"kind":"query"}' % b",".join([b'"text"'] * 5_000)
    body = b'{"jsonrpc":"2.0","id":%d,"method":"codeassist/embed","params":%b}'
    hello = b'{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"capabilities":{}}}'
    vanishing, deaf = _attached(home), _attached(home)
    for client in (vanishing, deaf):
        for message in (hello, *(body % (number, params) for number in range(1, 4))):
            client.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(message), message))
    vanishing.close()
    assert steady.search("waiting after a failure")[0]["path"] == "src/retry.py"
    until(lambda: _sessions(steady) == before + 1, "the end of the one that vanished")
    deaf.close()
    until(lambda: _sessions(steady) == before, "the end of the one that never read")
    steady.leave()


def _sessions(editor: Editor) -> int:
    count: int = editor.request("codeassist/status")["sessions"]
    return count


def test_the_socket_is_the_users_own(home: Home) -> None:
    _attached(home).close()
    assert stat.S_IMODE(home.place.socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.place.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(home.place.record.stat().st_mode) == 0o600
