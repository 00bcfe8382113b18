"""A worker alone, given input that no daemon sends."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from codeassistd.models.selection import EmbedderRequest
from codeassistd.models.worker import frames
from codeassistd.models.worker.messages import (
    Cancel,
    Embed,
    FromWorker,
    Load,
    decode_from_worker,
    encode,
)

PROGRAM = Path(__file__).parent / "faulty_worker.py"
LOAD = encode(Load(EmbedderRequest(), 0))
EMBED = encode(Embed(1, "interactive", "query", ["a"]))


def run(given: bytes) -> tuple[int, list[FromWorker], str]:
    """Exit status, messages and log of a worker whose whole input this is."""
    done = subprocess.run([sys.executable, str(PROGRAM)], input=given, capture_output=True, check=False)
    stream = io.BytesIO(done.stdout)
    messages = []
    while (frame := frames.read(stream)) is not None:
        messages.append(decode_from_worker(*frame))
    return done.returncode, messages, done.stderr.decode()


@pytest.mark.parametrize(
    ("given", "status", "words"),
    [
        (b"", 0, ""),
        (b"GET / HTTP/1.1\r\n\r\n", 1, "The first message is wrong"),
        (LOAD[:20], 1, "The first message is wrong"),
        (EMBED, 1, "The first message is Embed"),
    ],
)
def test_input_that_does_not_begin_with_a_model(given: bytes, status: int, words: str) -> None:
    found, messages, log = run(given)
    assert (found, messages) == (status, [])
    assert words in log
    assert "Traceback" not in log


def test_input_that_is_damaged_later_ends_the_worker() -> None:
    status, _, log = run(LOAD + EMBED + b"damage")
    assert status == 1
    assert "A message is wrong" in log
    assert "Traceback" not in log


def test_messages_out_of_place_are_passed_over() -> None:
    nothing = encode(Embed(2, "bulk", "query", []))
    status, _, log = run(LOAD + LOAD + nothing + encode(Cancel(77)))
    assert status == 0
    assert "Load came unexpectedly" in log
    assert "Embed came unexpectedly" in log
