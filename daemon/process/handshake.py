"""The first line each way on a connection, and what the daemon makes of the client's.

A line is one JSON object. Over TCP both sides prove that they have read the secret in the user's own file,
without sending it: another user's program may be listening on a port that the daemon left behind.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import Literal, cast, get_args

PROTOCOL = 1
LONGEST_LINE = 4096
"""Bytes."""

Purpose = Literal["lsp", "control"]

_RELEASE = re.compile(r"[0-9.]{0,40}")


class HandshakeError(ValueError):
    """What came is no line of a handshake."""


@dataclass(frozen=True, slots=True)
class Hello:
    """What a client says first.

    Attributes:
        version: Of its codeassistd.
        protocol: Of the conversation.
        purpose: "lsp" for a session of the language server, "control" for lines of JSON.
        replace: Whether it would start a daemon of its own version in the place of an older idle one.
        nonce: Never used twice.
        proof: That it knows the secret; "" where there is none.
    """

    version: str
    protocol: int
    purpose: Purpose
    replace: bool = False
    nonce: str = ""
    proof: str = ""

    def line(self) -> bytes:
        """The line that says so."""
        return _line(
            {
                "codeassistd": self.version,
                "protocol": self.protocol,
                "purpose": self.purpose,
                "replace": self.replace,
                "nonce": self.nonce,
                "proof": self.proof,
            }
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What the daemon says to it.

    Attributes:
        version: Of its codeassistd.
        protocol: Of the conversation.
        pid: Its process.
        ok: Whether it takes the client.
        reason: Why not.
        hint: What to do about it.
        leaving: Whether it is about to end, so that another can be started.
        proof: That it knows the secret; "" where there is none.
    """

    version: str
    protocol: int
    pid: int
    ok: bool = True
    reason: str = ""
    hint: str = ""
    leaving: bool = False
    proof: str = ""

    def line(self) -> bytes:
        """The line that says so."""
        fields: dict[str, object] = {
            "codeassistd": self.version,
            "protocol": self.protocol,
            "pid": self.pid,
            "ok": self.ok,
        }
        if self.ok:
            fields["proof"] = self.proof
        else:
            fields |= {"reason": self.reason, "hint": self.hint, "leaving": self.leaving}
        return _line(fields)


def parse_hello(line: bytes) -> Hello:
    """Read a client's line.

    Raises:
        HandshakeError: It is none.
    """
    fields = _fields(line)
    purpose = _text(fields, "purpose")
    if purpose not in get_args(Purpose):
        raise HandshakeError(f"unknown purpose {purpose!r}")
    return Hello(
        version=_text(fields, "codeassistd"),
        protocol=_number(fields, "protocol"),
        purpose=cast("Purpose", purpose),
        replace=fields.get("replace") is True,
        nonce=_text(fields, "nonce", ""),
        proof=_text(fields, "proof", ""),
    )


def parse_answer(line: bytes) -> Answer:
    """Read the daemon's line.

    Raises:
        HandshakeError: It is none.
    """
    fields = _fields(line)
    return Answer(
        version=_text(fields, "codeassistd"),
        protocol=_number(fields, "protocol"),
        pid=_number(fields, "pid"),
        ok=fields.get("ok") is True,
        reason=_text(fields, "reason", ""),
        hint=_text(fields, "hint", ""),
        leaving=fields.get("leaving") is True,
        proof=_text(fields, "proof", ""),
    )


def judge(hello: Hello, me: Answer, sessions: int, *, stopping: bool) -> Answer:
    """Decide whether to take a client whose proof is good.

    Args:
        hello: What it says.
        me: The daemon's own answer to a client that it takes.
        sessions: How many clients it serves.
        stopping: Whether it is about to end.

    Returns:
        The answer; one that is `leaving` binds the daemon to end.
    """
    if stopping:
        return _refusal(me, "the daemon is stopping", "try again in a moment", leaving=True)
    newer = is_newer(hello.version, me.version)
    if newer and hello.replace and not sessions:
        return _refusal(me, f"the daemon has the older version {me.version}", "start it again", leaving=True)
    if hello.protocol == me.protocol:
        return me
    hint = "run `codeassistd stop`, or close the editors that use it" if newer else "update this codeassistd"
    return _refusal(
        me,
        f"the daemon that is running has version {me.version}, this is {hello.version}",
        hint,
        leaving=False,
    )


def is_newer(version: str, other: str) -> bool:
    """Whether the first of two versions is a later release than the second."""
    return _release(version) > _release(other)


def prove(secret: str, side: Literal["client", "daemon"], nonce: str) -> str:
    """The proof that a side knows the secret; "" when the secret is."""
    if not secret:
        return ""
    return hmac.new(secret.encode(), f"{side}:{nonce}".encode(), hashlib.sha256).hexdigest()


def is_proof(proof: str, secret: str, side: Literal["client", "daemon"], nonce: str) -> bool:
    """Whether a proof is good."""
    return hmac.compare_digest(proof.encode(), prove(secret, side, nonce).encode()) if secret else True


def _refusal(me: Answer, reason: str, hint: str, *, leaving: bool) -> Answer:
    return Answer(me.version, me.protocol, me.pid, ok=False, reason=reason, hint=hint, leaving=leaving)


def _release(version: str) -> tuple[int, ...]:
    digits = _RELEASE.match(version)
    parts = [int(part) for part in digits.group().split(".") if part] if digits else []
    while parts and not parts[-1]:
        parts.pop()
    return tuple(parts)


def _line(fields: dict[str, object]) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode() + b"\n"


def _fields(line: bytes) -> dict[str, object]:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        raise HandshakeError("not a line of JSON") from None
    if not isinstance(fields, dict):
        raise HandshakeError("not a JSON object")
    return fields


def _text(fields: dict[str, object], key: str, default: str | None = None) -> str:
    value = fields.get(key, default)
    if not isinstance(value, str):
        raise HandshakeError(f"{key} is missing or is not a text")
    return value


def _number(fields: dict[str, object], key: str) -> int:
    value = fields.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise HandshakeError(f"{key} is missing or is not a number")
    return value
