"""What the daemon and a worker that writes text say to one another, besides what every worker says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..completer_selection import CompleterRequest
from ..completion import Completion, FillIn, Instruction, Prompt, RenderedPrompt, Sampling
from .frames import FrameError, pack
from .messages import (
    EVERY_WORKERS,
    Cancel,
    LoadFailed,
    Ready,
    RequestFailed,
    Working,
    decode_with,
)
from .records import from_plain, to_plain


@dataclass(frozen=True, slots=True)
class LoadCompleter:
    """The first message to a worker: which model, and how nice to be to other processes."""

    request: CompleterRequest
    niceness: int


@dataclass(frozen=True, slots=True)
class Complete:
    """Text to write; `is_streamed` when each piece is wanted as soon as it is known."""

    id: int
    prompt: Prompt
    sampling: Sampling
    is_streamed: bool


@dataclass(frozen=True, slots=True)
class Render:
    """A prompt to be shown as the model would get it."""

    id: int
    prompt: Prompt
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class CompletionText:
    """A further piece of a text that is being written."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class Completed:
    """A text is written: all of it, the pieces that were sent included."""

    id: int
    completion: Completion


@dataclass(frozen=True, slots=True)
class Rendered:
    """A prompt as the model would get it."""

    id: int
    prompt: RenderedPrompt


ToCompletionWorker = LoadCompleter | Complete | Render | Cancel
FromCompletionWorker = Ready | LoadFailed | Working | RequestFailed | CompletionText | Completed | Rendered

Message = ToCompletionWorker | FromCompletionWorker


def encode(message: Message) -> bytes:
    """The frame that carries a message."""
    header = {"type": type(message).__name__, **to_plain(message)}
    if isinstance(message, Complete | Render):
        header["task"] = type(message.prompt).__name__
    return pack(header)


def decode(header: dict[str, Any], payload: bytes | bytearray) -> Message:
    """The message in a frame.

    Raises:
        FrameError: There is no such message, or it lacks something.
    """
    return decode_with(_DECODERS, header, payload)


def decode_from_worker(header: dict[str, Any], payload: bytes | bytearray) -> FromCompletionWorker:
    """The message of a worker in a frame.

    Raises:
        FrameError: There is no such message, or a worker doesn't send it.
    """
    message = decode(header, payload)
    if not isinstance(message, FromCompletionWorker):
        raise FrameError(f"{type(message).__name__} is not for the daemon")
    return message


def _prompt(header: dict[str, Any]) -> Prompt:
    kinds: dict[str, type[FillIn | Instruction]] = {"FillIn": FillIn, "Instruction": Instruction}
    return from_plain(kinds[header["task"]], header["prompt"])


_DECODERS: Mapping[str, Callable[[dict[str, Any], bytes | bytearray], Message]] = {
    "LoadCompleter": lambda header, _: LoadCompleter(
        from_plain(CompleterRequest, header["request"]), int(header["niceness"])
    ),
    "Complete": lambda header, _: Complete(
        int(header["id"]),
        _prompt(header),
        from_plain(Sampling, header["sampling"]),
        bool(header["is_streamed"]),
    ),
    "Render": lambda header, _: Render(
        int(header["id"]), _prompt(header), from_plain(Sampling, header["sampling"])
    ),
    "CompletionText": lambda header, _: CompletionText(int(header["id"]), str(header["text"])),
    "Completed": lambda header, _: Completed(int(header["id"]), from_plain(Completion, header["completion"])),
    "Rendered": lambda header, _: Rendered(int(header["id"]), from_plain(RenderedPrompt, header["prompt"])),
    **EVERY_WORKERS,
}
