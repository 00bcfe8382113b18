"""What a server says in one event, or in an answer that comes at once. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..completion import FinishReason


class ChunkError(Exception):
    """It is nothing that the API knows."""


class ServerFailure(Exception):  # noqa: N818 - it is the server's, and told to nobody as it is
    """The server says that it failed.

    Args:
        body: How it says so.
    """

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.body = body


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of an answer.

    Attributes:
        text: What was written further.
        finish_reason: Why the answer ends here; None when it goes on.
        prompt_tokens: Tokens of the prompt, where they are said.
        cached_tokens: Those of them that the server still knew.
        completion_tokens: Tokens written, where they are said.
    """

    text: str = ""
    finish_reason: FinishReason | None = None
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0


def parse_chunk(data: str) -> Chunk:
    """Read an event's data, or a whole answer.

    Raises:
        ChunkError: It can't be understood.
        ServerFailure: It is the news of a failure.
    """
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        raise ChunkError("something that is not JSON") from None
    if not isinstance(answer, dict):
        raise ChunkError("JSON that is no object")
    if answer.get("error"):
        raise ServerFailure(data.encode("utf-8", "replace"))
    choices = answer.get("choices")
    if choices is None and "usage" not in answer:
        raise ChunkError("an answer without choices")
    choice = choices[0] if isinstance(choices, list) and choices else {}
    if not isinstance(choice, dict):
        raise ChunkError("a choice that is no object")
    usage = _object(answer.get("usage"))
    return Chunk(
        text=_text(choice),
        finish_reason=_reason(choice.get("finish_reason")),
        prompt_tokens=_count(usage.get("prompt_tokens")),
        cached_tokens=_count(_object(usage.get("prompt_tokens_details")).get("cached_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
    )


def parse_models(body: bytes) -> list[str]:
    """The names in a list of models; empty when it is none."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return []
    listed = _object(answer).get("data")
    names = [_object(each).get("id") for each in listed] if isinstance(listed, list) else []
    return sorted(name for name in names if isinstance(name, str) and name.isprintable())


def _text(choice: dict[str, Any]) -> str:
    for place in (choice, _object(choice.get("delta")), _object(choice.get("message"))):
        text = place.get("text", place.get("content"))
        if isinstance(text, str):
            # A character outside the basic plane may come as two halves, one of them lost.
            return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return ""


def _reason(value: object) -> FinishReason | None:
    if value is None or value == "":
        return None
    return "length" if value == "length" else "stop"


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
