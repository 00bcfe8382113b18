"""The lines of a handshake, and what the daemon makes of a client."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.daemon.process.handshake import (
    LONGEST_LINE,
    Answer,
    HandshakeError,
    Hello,
    is_newer,
    is_proof,
    judge,
    parse_answer,
    parse_hello,
    prove,
)

ME = Answer("1.2.0", 3, 77)


@given(st.text(max_size=20), st.integers(0, 9), st.sampled_from(["lsp", "control"]), st.booleans())
def test_lines_come_back_as_they_were(version: str, protocol: int, purpose: str, flag: bool) -> None:
    hello = Hello(version, protocol, purpose, flag, "n", "p")  # type: ignore[arg-type]
    assert parse_hello(hello.line()) == hello
    answer = Answer(version, protocol, 5, ok=False, reason="r", hint="h", leaving=flag)
    assert parse_answer(answer.line()) == answer
    assert parse_answer(Answer(version, protocol, 5, proof="x").line()).proof == "x"
    assert hello.line().count(b"\n") == answer.line().count(b"\n") == 1


@given(st.binary(max_size=200))
def test_other_bytes_are_refused(line: bytes) -> None:
    for parse in (parse_hello, parse_answer):
        with pytest.raises(HandshakeError):
            parse(line)


@pytest.mark.parametrize(
    "line",
    [
        b'{"codeassistd": 1, "protocol": 1, "purpose": "lsp"}',
        b'{"codeassistd": "1", "protocol": true, "purpose": "lsp"}',
        b'{"codeassistd": "1", "protocol": 1, "purpose": "mail"}',
        b'{"codeassistd": "1", "protocol": 1}',
        b"[" * LONGEST_LINE,
        b"[]",
    ],
)
def test_wrong_fields_are_refused(line: bytes) -> None:
    with pytest.raises(HandshakeError):
        parse_hello(line)


@pytest.mark.parametrize(
    ("version", "protocol", "replace", "sessions", "stopping", "expected"),
    [
        ("1.2.0", 3, True, 0, False, "ok"),
        ("1.1.0", 3, True, 0, False, "ok"),  # an older client of the same protocol
        ("1.3.0", 3, True, 1, False, "ok"),  # newer, but others are being served
        ("1.3.0", 3, False, 0, False, "ok"),  # newer, but wouldn't start another
        ("1.3.0", 3, True, 0, False, "leaving"),
        ("2.0.0", 4, True, 0, False, "leaving"),
        ("2.0.0", 4, True, 2, False, "codeassistd stop"),
        ("2.0.0", 4, False, 0, False, "codeassistd stop"),
        ("1.0.0", 2, True, 0, False, "update"),
        ("1.2.0", 3, True, 0, True, "leaving"),
    ],
)
def test_judgement(
    version: str, protocol: int, replace: bool, sessions: int, stopping: bool, expected: str
) -> None:
    answer = judge(Hello(version, protocol, "lsp", replace), ME, sessions, stopping=stopping)
    assert answer.ok == (expected == "ok")
    assert answer.leaving == (expected == "leaving")
    assert expected in {"ok", "leaving"} or expected in answer.hint
    assert answer.ok or answer.reason


@pytest.mark.parametrize(
    ("version", "other", "newer"),
    [
        ("0.10.0", "0.9.9", True),
        ("1.0", "1.0.0", False),
        ("1.0.0", "1.0", False),
        ("1.0.1", "1", True),
        ("0.2.0.dev3+g1", "0.1.0", True),
        ("odd", "0.1", False),
        ("", "", False),
    ],
)
def test_versions(version: str, other: str, newer: bool) -> None:
    assert is_newer(version, other) == newer


def test_proofs() -> None:
    proof = prove("secret", "client", "n1")
    assert is_proof(proof, "secret", "client", "n1")
    assert not is_proof(proof, "secret", "daemon", "n1")
    assert not is_proof(proof, "secret", "client", "n2")
    assert not is_proof("é", "other", "client", "n1")
    assert not is_proof("", "secret", "client", "n1")
    assert is_proof("", "", "client", "n1")
