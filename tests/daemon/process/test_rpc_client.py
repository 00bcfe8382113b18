"""Requests of the command line to a daemon."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from codeassistd.daemon.process.connecting import connect
from codeassistd.daemon.process.errors import ConnectionLostError
from codeassistd.daemon.process.rendezvous import Rendezvous
from codeassistd.daemon.process.rpc_client import RpcClient, RpcError, RpcUsageError

Command = Callable[..., list[str]]


@pytest.fixture
def told() -> list[tuple[str, Any]]:
    return []


@pytest.fixture
def client(place: Rendezvous, echo: Command, told: list[tuple[str, Any]]) -> Iterator[RpcClient]:
    connection = connect(place, "lsp", echo())
    with RpcClient(connection, lambda method, params: told.append((method, params))) as client:
        yield client


def test_requests_and_notifications(client: RpcClient, told: list[tuple[str, Any]]) -> None:
    client.notify("hello", {"a": 1})
    assert client.request("seen") == [{"jsonrpc": "2.0", "method": "hello", "params": {"a": 1}}]
    assert client.request("send", {"method": "codeassist/indexChanged", "params": [1]}) is None
    assert told == [("codeassist/indexChanged", [1])]
    assert len(client.request("flood", 3_000_000)) == 3_000_000


def test_answers_may_be_waited_for_in_any_order(client: RpcClient) -> None:
    numbers = [client.send("say", number) for number in range(20)]
    assert [client.wait(number)[1] for number in reversed(numbers)] == list(range(19, -1, -1))


def test_errors_have_a_hint(client: RpcClient) -> None:
    error = {"code": -32803, "message": "no index", "data": {"reason": "r", "hint": "make one"}}
    with pytest.raises(RpcError, match="no index") as caught:
        client.request("fail", error)
    assert (caught.value.code, caught.value.hint) == (-32803, "make one")
    with pytest.raises(RpcUsageError, match="wrong params"):
        client.request("fail", {"code": -32602, "message": "wrong params"})
    with pytest.raises(RpcError, match="odd"):
        client.request("fail", {"message": "odd", "data": 5})


def test_what_the_daemon_asks_is_answered(client: RpcClient) -> None:
    client.request("send", {"id": "q1", "method": "window/workDoneProgress/create", "params": {}})
    client.request("send", {"id": "q2", "method": "workspace/applyEdit", "params": {}})
    answers = {message["id"]: message for message in client.request("seen")}
    assert answers["q1"]["result"] is None
    assert answers["q2"]["error"]["code"] == -32601


def test_time_that_is_up_cancels(client: RpcClient) -> None:
    with pytest.raises(TimeoutError):
        client.request("hang", timeout=0.1)
    assert client.request("seen")[-1]["method"] == "$/cancelRequest"


def test_a_request_given_up_is_cancelled_once(client: RpcClient) -> None:
    number = client.send("hang")
    with pytest.raises(TimeoutError):
        client.wait(number, timeout=0.3, cancelled=lambda: True)
    assert [message["params"] for message in client.request("seen")] == [{"id": number}]


def test_a_daemon_that_goes_away(client: RpcClient) -> None:
    with pytest.raises(ConnectionLostError):
        client.request("crash")
    with pytest.raises(ConnectionLostError):
        client.request("say")


def test_ctrl_c_cancels(client: RpcClient) -> None:
    def interrupted() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.request("hang", cancelled=interrupted)
    assert client.request("seen")[-1]["method"] == "$/cancelRequest"


def test_a_stopped_daemon_is_waited_for(client: RpcClient) -> None:
    pid = client.request("say")[0]
    os.kill(pid, signal.SIGSTOP)
    number = client.send("say", 5)
    os.kill(pid, signal.SIGCONT)
    assert client.wait(number) == [pid, 5]
