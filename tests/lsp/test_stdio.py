from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from codeassistd.lsp.frames import frame

INITIALIZE = {"id": 1, "method": "initialize", "params": {"processId": None, "capabilities": {}}}
STATUS = {"id": 2, "method": "codeassist/status"}
SHUTDOWN = {"id": 3, "method": "shutdown"}
EXIT = {"method": "exit"}
ORDERLY = [INITIALIZE, STATUS, SHUTDOWN, EXIT]


def _start() -> subprocess.Popen[bytes]:
    program = Path(__file__).with_name("standalone_program.py")
    return subprocess.Popen(
        [sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def _send(process: subprocess.Popen[bytes], message: dict[str, object]) -> None:
    assert process.stdin
    process.stdin.write(frame(json.dumps({"jsonrpc": "2.0", **message}).encode()))
    process.stdin.flush()


def _receive(process: subprocess.Popen[bytes]) -> dict[str, object]:
    assert process.stdout
    length = int(process.stdout.readline().split(b":")[1])
    assert process.stdout.readline() == b"\r\n"
    received: dict[str, object] = json.loads(process.stdout.read(length))
    return received


@pytest.mark.parametrize(
    ("messages", "closes", "status"),
    [(ORDERLY, False, 0), ([*ORDERLY[:2], EXIT], False, 1), (ORDERLY[:2], True, 0)],
)
def test_standard_streams(messages: list[dict[str, object]], closes: bool, status: int) -> None:
    process = _start()
    try:
        for message in messages:
            _send(process, message)
            if "id" in message:
                assert _receive(process)["id"] == message["id"]
        if closes:
            assert process.stdin
            process.stdin.close()
            process.stdin = None
            _, errors = process.communicate(timeout=20)
        else:
            # Standard input stays open: the server must not wait for its end.
            assert process.wait(timeout=20) == status
            assert process.stderr
            errors = process.stderr.read()
        assert process.returncode == status
        assert b"a library prints" in errors
    finally:
        process.kill()
        process.communicate()
