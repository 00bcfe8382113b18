"""What the daemon and an index worker say to each other, as JSON lines. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...indexer.pipeline.report import Progress, UpdateReport
from ...models.errors import CodeassistdError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...indexer.store.manifest import Head


@dataclass(frozen=True, slots=True)
class UpdateJob:
    """One update to be carried out by an index worker.

    Attributes:
        settings: Values by dotted key, those at their default left out.
        full: Whether every file is read again.
        paths: What has changed; None looks at everything.
        embed_seconds: How long texts are embedded at most; None embeds all.
    """

    settings: Mapping[str, object]
    full: bool = False
    paths: tuple[str, ...] | None = None
    embed_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Committed:
    """A state of the index that can be searched.

    Attributes:
        revision: Its number.
        complete: Whether it has every file.
        chunks: Chunks in it.
        embedded: Those that have a vector.
    """

    revision: int
    complete: bool
    chunks: int
    embedded: int

    @property
    def pending(self) -> int:
        """Chunks without a vector."""
        return self.chunks - self.embedded


class WorkerSaidError(CodeassistdError):
    """An update failed in the worker, which has said why."""


Answer = Progress | Committed | UpdateReport | WorkerSaidError


def committed(head: Head) -> Committed:
    """What of a committed state is told."""
    return Committed(head.revision, head.complete, head.chunks, head.embedded)


def encode_job(job: UpdateJob) -> str:
    """A job as one line."""
    return json.dumps({"update": asdict(job)})


def decode_job(line: str) -> UpdateJob | None:
    """A job out of a line; None when the line asks to cancel the job in hand."""
    job = json.loads(line).get("update")
    if job is None:
        return None
    settings = {
        key: tuple(value) if isinstance(value, list) else value for key, value in job["settings"].items()
    }
    paths = None if job["paths"] is None else tuple(job["paths"])
    return UpdateJob(settings, job["full"], paths, job["embed_seconds"])


CANCEL = json.dumps({"cancel": True})


def encode_answer(answer: Answer) -> str:
    """An answer as one line."""
    match answer:
        case CodeassistdError():
            kind, body = "error", {"message": answer.message, "hint": answer.hint}
        case Progress():
            kind, body = "progress", asdict(answer)
        case Committed():
            kind, body = "committed", asdict(answer)
        case UpdateReport():
            kind, body = "report", asdict(answer) | {"workspace": str(answer.workspace)}
    return json.dumps({kind: body})


def decode_answer(line: str) -> Answer:
    """An answer out of a line.

    Raises:
        ValueError: The line is none.
    """
    message: dict[str, Any] = json.loads(line)
    match message:
        case {"progress": body}:
            return Progress(**body)
        case {"committed": body}:
            return Committed(**body)
        case {"report": body}:
            lists = {"workspace": Path(body["workspace"]), "unreadable": tuple(body["unreadable"])}
            return UpdateReport(**(body | lists))
        case {"error": body}:
            return WorkerSaidError(body["message"], body["hint"])
    raise ValueError(line[:100])
