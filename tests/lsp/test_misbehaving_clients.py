from __future__ import annotations

import asyncio
import gc
import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codeassistd.lsp import methods
from codeassistd.lsp.frames import frame
from codeassistd.lsp.session import Session
from codeassistd.lsp.session_protocol import MAX_IN_FLIGHT
from codeassistd.lsp.session_server import SessionServer

FUZZ = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
METHOD = st.sampled_from(
    [
        *(method.name for method in methods.METHODS),
        "initialize",
        "initialized",
        "textDocument/didOpen",
        "textDocument/didChange",
        "textDocument/didClose",
        "textDocument/inlineCompletion",
        "textDocument/codeAction",
        "codeAction/resolve",
        "workspace/symbol",
        "workspace/executeCommand",
        "workspace/didChangeConfiguration",
        "workspace/didChangeWorkspaceFolders",
        "window/workDoneProgress/cancel",
        "$/cancelRequest",
        "$/setTrace",
    ]
)
PARAMS = st.fixed_dictionaries(
    {},
    optional={
        "query": JSON,
        "limit": JSON,
        "workspace": JSON,
        "texts": JSON,
        "kind": JSON,
        "range": JSON,
        "position": JSON,
        "context": JSON,
        "instruction": JSON,
        "data": JSON,
        "textDocument": st.fixed_dictionaries(
            {"uri": JSON, "version": JSON, "text": JSON, "languageId": JSON}
        )
        | JSON,
        "contentChanges": st.lists(st.fixed_dictionaries({"text": JSON}, optional={"range": JSON})) | JSON,
        "command": st.sampled_from(["codeassist.search", "x"]) | JSON,
        "arguments": JSON,
        "settings": JSON,
        "event": st.fixed_dictionaries({"added": JSON, "removed": JSON}) | JSON,
        "id": JSON,
        "value": JSON,
        "capabilities": JSON,
    },
)
MESSAGE = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0"), "method": METHOD, "params": PARAMS},
    optional={"id": st.integers(0, 3) | st.text(max_size=2) | JSON, "result": JSON, "error": JSON},
) | st.dictionaries(st.sampled_from(["jsonrpc", "id", "method", "params", "result", "error"]), JSON)


@pytest.fixture
def other_folder(tmp_path: Path) -> Path:
    root = (tmp_path / "other").resolve()
    root.mkdir()
    return root


def test_any_message_leaves_the_session_alive(daemon: Any, service: Any, folder: Path) -> None:
    @given(st.lists(MESSAGE, max_size=8))
    @FUZZ
    def fuzz(messages: list[Any]) -> None:
        async def scenario() -> None:
            async with daemon() as running, running.raw() as client:
                await client.start(folder)
                client.send(*messages)
                answer = await client.request(methods.STATUS, id_="the last request")
                assert answer["result"]["pid"] == 1

        asyncio.run(scenario())

    fuzz()


def test_any_body_gets_an_error_and_leaves_the_session_alive(daemon: Any, folder: Path) -> None:
    odd = st.sampled_from(
        [b"[" * 100_000, b'{"jsonrpc":"2.0","id":' + b"9" * 10_000 + b"}", b"[]", b"NaN", b'"\xff"', b"{}"]
    )

    @given(st.lists(st.binary(max_size=30) | odd, max_size=5))
    @FUZZ
    def fuzz(bodies: list[bytes]) -> None:
        async def scenario() -> None:
            async with daemon() as running, running.raw() as client:
                await client.start(folder)
                for body in bodies:
                    client.send(body)
                    answer = await client.receive()
                    assert answer["id"] is None
                    assert answer["error"]["data"]["reason"] in {"parseError", "invalidRequest"}
                assert (await client.request(methods.STATUS))["result"]["pid"] == 1

        asyncio.run(scenario())

    fuzz()


def test_any_bytes_end_that_session_at_most(daemon: Any, other_folder: Path, folder: Path) -> None:
    @given(st.lists(st.binary(max_size=40) | st.sampled_from([b"Content-Length: ", b"\r\n", b"5"])))
    @FUZZ
    def fuzz(parts: list[bytes]) -> None:
        async def scenario() -> None:
            async with daemon() as running, running.raw() as good, running.raw() as bad:
                await good.start(folder)
                await bad.start(other_folder)
                bad.writer.write(b"".join(parts))
                bad.writer.write_eof()
                while await bad.receive() is not None:
                    pass
                assert len((await good.request(methods.SEARCH, {"query": "def"}))["result"]["results"]) == 2

        asyncio.run(scenario())

    fuzz()


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"Content-Length: 2000\r\n\r\n", "2,000 bytes; at most 1,000"),
        (b"Content-Length: 99999999999999999999\r\n\r\n", "not a number"),
        (b"Content-Length: -1\r\n\r\n", "not a number"),
        (b"Content-Type: x\r\n\r\n", "no Content-Length"),
        (b"GET / HTTP/1.1\r\n\r\n", "no colon"),
        (b"\r\n", "no Content-Length"),
        (b"Content-Length: 1x\r\n\r\n{}", "not a number"),
        (b'Content-Length: 0\r\n\r\n{"id": 1}', "not JSON"),
        (b"a: b\r\n" * 40, "more than 32 header lines"),
        (b"a" * 300_000, "too long"),
        (b"Content-Length: 2\r\nContent-Type: x; charset=latin-1\r\n\r\n{}", "charset"),
    ],
)
def test_what_is_no_lsp_gets_an_error_and_the_session_goes_on(
    daemon: Any, folder: Path, sent: bytes, said: str
) -> None:
    async def scenario() -> None:
        async with daemon(max_message_bytes=1_000) as running, running.raw() as client:
            await client.start(folder)
            for _ in range(2):
                client.writer.write(sent)
                client.send({"jsonrpc": "2.0", "id": "good", "method": methods.STATUS})
                answer = await client.receive()
                assert answer["error"]["code"] == -32700
                assert said in answer["error"]["message"]
                while (answer := await client.receive())["id"] is None:
                    assert "longer than its Content-Length says" in answer["error"]["message"]
                assert answer["id"] == "good"

    asyncio.run(scenario())


@pytest.mark.parametrize("size", [0, 1, 65_000, 65_530, 65_536, 65_540, 131_000, 300_000])
def test_the_next_message_is_found_behind_noise_of_any_length(daemon: Any, folder: Path, size: int) -> None:
    async def scenario() -> None:
        async with daemon(max_message_bytes=1_000) as running, running.raw() as client:
            await client.start(folder)
            client.writer.write(b"Content-Length: 999999\r\n\r\n" + b"x" * size)
            assert "at most 1,000" in (await client.receive())["error"]["message"]
            assert (await client.request(methods.STATUS))["result"]["pid"] == 1

    asyncio.run(scenario())


@pytest.mark.parametrize("sent", [b"Content-Length: 10\r\n\r\nabc", b"Content-Le", b"Content-Length: 1\r\n"])
def test_a_message_that_breaks_off_is_an_error(daemon: Any, folder: Path, sent: bytes) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            client.writer.write(sent)
            client.writer.write_eof()
            assert "ended inside" in (await client.receive())["error"]["message"]
            assert await client.receive() is None

    asyncio.run(scenario())


def test_what_is_no_json_is_never_sent(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            status = service.status()
            service.status = lambda: replace(status, uptime=float("inf"))
            assert (await client.request(methods.STATUS))["error"]["code"] == -32603
            service.status = lambda: status
            assert "result" in await client.request(methods.STATUS)

    asyncio.run(scenario())


def test_messages_in_pieces_and_other_spellings_are_read(daemon: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": methods.STATUS}).encode()
            head = b"content-type: application/vscode-jsonrpc; charset=UTF8\ncontent-length:  %d \n\n" % len(
                body
            )
            for byte in head + body:
                client.writer.write(bytes([byte]))
                await client.writer.drain()
            assert (await client.receive())["id"] == 1

    asyncio.run(scenario())


def test_too_many_requests_are_refused_one_by_one(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        service.may_go.clear()
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            for number in range(MAX_IN_FLIGHT + 1):
                params = {"query": "def"}
                client.send({"jsonrpc": "2.0", "id": number, "method": methods.SEARCH, "params": params})
            refused = await client.receive()
            assert refused["id"] == MAX_IN_FLIGHT
            assert refused["error"]["data"]["reason"] == "tooManyRequests"
            client.send({"jsonrpc": "2.0", "id": 0, "method": methods.STATUS})
            assert "same id" in (await client.receive())["error"]["message"]
            service.may_go.set()
            for _ in range(MAX_IN_FLIGHT):
                assert "result" in await client.receive()

    asyncio.run(scenario())


def test_a_client_that_vanishes_leaves_nothing(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        service.may_go.clear()
        async with daemon() as running:
            async with running.raw() as client:
                await client.start(folder)
                for number in range(20):
                    params = {"query": "def"}
                    client.send({"jsonrpc": "2.0", "id": number, "method": methods.SEARCH, "params": params})
                await asyncio.to_thread(service.standing.acquire)
                client.writer.transport.abort()
            await running.until(lambda: not service.open)
            assert not service.may_go.is_set()

    asyncio.run(scenario())


def test_a_client_that_vanishes_while_a_folder_opens(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        service.may_open.clear()
        async with daemon() as running:
            async with running.raw() as client:
                await client.start(folder)
                client.send(
                    {"jsonrpc": "2.0", "id": 1, "method": methods.SEARCH, "params": {"query": "def"}},
                    {"jsonrpc": "2.0", "id": 2, "method": methods.WAIT_FOR_INDEX},
                )
            await asyncio.sleep(0)

    asyncio.run(scenario())
    assert service.requests == []


def test_a_client_that_never_reads_is_not_read_from(daemon: Any, folder: Path, other_folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as good, running.raw() as bad:
            await good.start(folder)
            await bad.start(other_folder)
            bad.reader._transport.pause_reading()  # type: ignore[attr-defined]
            params = {"texts": ["a"] * 2_000, "kind": "query"}
            stuck = False
            for number in range(400):
                body = {"jsonrpc": "2.0", "id": number, "method": methods.EMBED, "params": params}
                bad.writer.write(frame(json.dumps(body).encode()))
                try:
                    async with asyncio.timeout(0.5):
                        await bad.writer.drain()
                except TimeoutError:
                    stuck = True
                    break
            assert stuck
            assert "result" in await good.request(methods.STATUS)
            bad.writer.transport.abort()

    asyncio.run(scenario())


def test_ending_the_daemon_ends_its_sessions(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        service.may_go.clear()
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            client.send({"jsonrpc": "2.0", "id": 1, "method": methods.SEARCH, "params": {"query": "def"}})
            await asyncio.to_thread(service.standing.acquire)
            running.sessions[0].cancel()
            assert await client.receive() is None  # nobody has cancelled it
            assert [type(failure) for failure in running.failures] == [asyncio.CancelledError]
            running.failures.clear()
            assert not service.may_go.is_set()

    asyncio.run(scenario())


def test_requests_as_notifications_and_the_reverse(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            for method in ("initialize", "shutdown", methods.SEARCH, "workspace/symbol", "no/such/method"):
                params = {"capabilities": {}, "query": "def"}
                client.send({"jsonrpc": "2.0", "method": method, "params": params})
            answer = await client.request("textDocument/didOpen", {})
            assert "is a notification" in answer["error"]["message"]
            assert "result" in await client.request(methods.STATUS)

    asyncio.run(scenario())
    assert service.requests == []


def test_a_session_that_has_ended_leaves_nothing_in_memory(daemon: Any, folder: Path) -> None:
    async def scenario() -> None:
        for _ in range(3):
            async with daemon() as running, running.editor() as editor:
                await editor.start(folder)
                await editor.request(methods.SEARCH, {"query": "def"})

    asyncio.run(scenario())
    gc.collect()
    assert [each for each in gc.get_objects() if isinstance(each, SessionServer | Session)] == []
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("lsp-")] == []
