"""What the daemon and a worker say to one another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from ..errors import CodeassistdError, UsageError
from ..reranker_selection import RerankerRequest
from ..roles import EmbedKind
from ..selection import EmbedderRequest
from .effort import NO_EFFORT, Effort
from .frames import FrameError, pack

T = TypeVar("T")
Lane = Literal["interactive", "bulk"]


@dataclass(frozen=True, slots=True)
class Reranking:
    """Scoring texts for a query, by a reranker that is loaded when it is first named."""

    reranker: RerankerRequest
    query: str


Task = EmbedKind | Reranking


@dataclass(frozen=True, slots=True)
class Failure:
    """An error on its way to the one who reads it.

    Attributes:
        message: As that of a ``CodeassistdError``.
        hint: Likewise.
        is_usage: Whether what was asked is wrong.
        is_unexpected: Whether nobody foresaw it, so that something is wrong with the model or with us.
    """

    message: str
    hint: str
    is_usage: bool = False
    is_unexpected: bool = False

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """What to say of an exception; one that nobody expected is named by its class."""
        if isinstance(error, CodeassistdError):
            return cls(error.message, error.hint, isinstance(error, UsageError))
        message = f"The model failed: {type(error).__name__}: {error}"
        return cls(message, "The log has the details.", is_unexpected=True)

    def exception(self) -> CodeassistdError:
        """The error to raise."""
        return (UsageError if self.is_usage else CodeassistdError)(self.message, self.hint)


@dataclass(frozen=True, slots=True)
class Load:
    """The first message to a worker: which model, and how nice to be to other processes."""

    request: EmbedderRequest
    niceness: int


@dataclass(frozen=True, slots=True)
class Embed:
    """Texts to embed."""

    id: int
    lane: Lane
    kind: EmbedKind
    texts: list[str]


@dataclass(frozen=True, slots=True)
class Rerank:
    """Texts to score."""

    id: int
    task: Reranking
    texts: list[str]


@dataclass(frozen=True, slots=True)
class Cancel:
    """Nobody waits for a request any longer."""

    id: int


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is loaded: its identity, and the engine in words."""

    identity: str
    engine: str


@dataclass(frozen=True, slots=True)
class LoadFailed:
    """The model can't be loaded; the worker ends."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Working:
    """The worker is about to compute a part of these requests."""

    ids: list[int]


@dataclass(frozen=True, slots=True)
class Vectors:
    """The vectors of a request, or its texts' scores.

    Attributes:
        id: Of the request.
        values: Little-endian float32, row by row.
        effort: What the worker has done since it sent the last vectors.
    """

    id: int
    values: bytes | bytearray
    effort: Effort = NO_EFFORT


@dataclass(frozen=True, slots=True)
class RequestFailed:
    """A request failed; the worker goes on."""

    id: int
    failure: Failure


EveryWorkers = Cancel | Ready | LoadFailed | Working | RequestFailed
ToWorker = Load | Embed | Rerank | Cancel
FromWorker = Ready | LoadFailed | Working | Vectors | RequestFailed


def encode(message: ToWorker | FromWorker) -> bytes:
    """The frame that carries a message."""
    name = type(message).__name__
    match message:
        case Vectors(id=id, values=values, effort=effort):
            return pack({"type": name, "id": id, **_plain(effort)}, memoryview(values))
        case Load(request=request, niceness=niceness):
            return pack({"type": name, "request": _with_paths_as_text(request), "niceness": niceness})
        case Rerank(id=id, task=task, texts=texts):
            reranker = _with_paths_as_text(task.reranker)
            return pack({"type": name, "id": id, "reranker": reranker, "query": task.query, "texts": texts})
        case LoadFailed(failure=failure):
            return pack({"type": name, "failure": _plain(failure)})
        case RequestFailed(id=id, failure=failure):
            return pack({"type": name, "id": id, "failure": _plain(failure)})
    return pack({"type": name, **_plain(message)})


def decode(header: dict[str, Any], payload: bytes | bytearray) -> ToWorker | FromWorker:
    """The message in a frame.

    Raises:
        FrameError: There is no such message, or it lacks something.
    """
    return decode_with(_DECODERS, header, payload)


def decode_with(
    decoders: Mapping[str, Callable[[dict[str, Any], bytes | bytearray], T]],
    header: dict[str, Any],
    payload: bytes | bytearray,
) -> T:
    """The message in a frame, by decoders for each type of message.

    Raises:
        FrameError: There is none for it, or it fails.
    """
    try:
        return decoders[header["type"]](header, payload)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise FrameError(
            f"a message of type {str(header.get('type'))[:40]!r} is malformed: {error}"
        ) from error


def decode_from_worker(header: dict[str, Any], payload: bytes | bytearray) -> FromWorker:
    """The message of a worker in a frame.

    Raises:
        FrameError: There is no such message, or a worker doesn't send it.
    """
    message = decode(header, payload)
    if not isinstance(message, FromWorker):
        raise FrameError(f"{type(message).__name__} is not for the daemon")
    return message


def _decode_load(header: dict[str, Any]) -> Load:
    return Load(EmbedderRequest(**_with_paths(header["request"])), int(header["niceness"]))


def _decode_rerank(header: dict[str, Any]) -> Rerank:
    reranker = RerankerRequest(**_with_paths(header["reranker"]))
    task = Reranking(reranker, str(header["query"]))
    return Rerank(int(header["id"]), task, [str(text) for text in header["texts"]])


def _with_paths_as_text(request: EmbedderRequest | RerankerRequest) -> dict[str, Any]:
    return {key: str(value) if isinstance(value, Path) else value for key, value in _plain(request).items()}


def _with_paths(request: dict[str, Any]) -> dict[str, Any]:
    return {
        key: Path(value) if key in {"cache_dir", "folder"} and value is not None else value
        for key, value in request.items()
    }


def _decode_embed(header: dict[str, Any]) -> Embed:
    lane, kind = header["lane"], header["kind"]
    if lane not in get_args(Lane) or kind not in get_args(EmbedKind):
        raise ValueError(f"lane {lane!r}, kind {kind!r}")
    return Embed(int(header["id"]), lane, kind, [str(text) for text in header["texts"]])


def _failure(header: dict[str, Any]) -> Failure:
    plain = header["failure"]
    return Failure(
        str(plain["message"]), str(plain["hint"]), bool(plain["is_usage"]), bool(plain["is_unexpected"])
    )


def _plain(record: object) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}  # type: ignore[arg-type]


EVERY_WORKERS: dict[str, Callable[[dict[str, Any], bytes | bytearray], EveryWorkers]] = {
    "Cancel": lambda header, _: Cancel(int(header["id"])),
    "Ready": lambda header, _: Ready(str(header["identity"]), str(header["engine"])),
    "LoadFailed": lambda header, _: LoadFailed(_failure(header)),
    "Working": lambda header, _: Working([int(number) for number in header["ids"]]),
    "RequestFailed": lambda header, _: RequestFailed(int(header["id"]), _failure(header)),
}
"""Decoders of the messages that any worker understands or sends."""

_DECODERS: dict[str, Callable[[dict[str, Any], bytes | bytearray], ToWorker | FromWorker]] = {
    "Load": lambda header, _: _decode_load(header),
    "Embed": lambda header, _: _decode_embed(header),
    "Rerank": lambda header, _: _decode_rerank(header),
    "Vectors": lambda header, payload: Vectors(
        int(header["id"]), payload, Effort(int(header["tokens"]), float(header["seconds"]))
    ),
    **EVERY_WORKERS,
}
