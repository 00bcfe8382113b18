"""codeassist/status."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .methods import STATUS
from .protocol import ModelStatus, StatusAnswer, WorkspaceStatus
from .registration import serve

if TYPE_CHECKING:
    from .service import ModelSummary, ServiceStatus, WorkspaceSummary
    from .session import Session
    from .session_server import SessionServer


@dataclass(frozen=True, slots=True)
class _NoParams:
    """A request that says nothing but its name."""


def register(server: SessionServer, session: Session) -> None:
    """Serve how everything stands."""

    async def status(_params: _NoParams) -> StatusAnswer:
        found = await session.run(lambda cancelled: session.service.status())  # noqa: ARG005
        return status_answer(replace(found, errors=(*session.failures.latest, *found.errors)))

    serve(server, STATUS, _NoParams, status)


def status_answer(status: ServiceStatus) -> StatusAnswer:
    """The status as the client gets it."""
    return StatusAnswer(
        pid=status.pid,
        version=status.version,
        uptime=round(status.uptime, 3),
        sessions=status.sessions,
        workspaces=tuple(map(_workspace, status.workspaces)),
        models=tuple(map(_model, status.models)),
        memory=status.memory,
        errors=status.errors,
    )


def _workspace(summary: WorkspaceSummary) -> WorkspaceStatus:
    return WorkspaceStatus(
        root=str(summary.root),
        revision=summary.revision,
        state=summary.state,
        files=summary.files,
        chunks=summary.chunks,
        pending=summary.pending,
        freshness=summary.freshness,
        watch=summary.watch,
        problem=summary.problem,
    )


def _model(summary: ModelSummary) -> ModelStatus:
    return ModelStatus(
        name=summary.name,
        role=summary.role,
        state=summary.state,
        engine=summary.engine,
        uses=summary.uses,
        idle_seconds=summary.idle_seconds,
        texts=summary.texts,
        tokens=summary.tokens,
        computing_seconds=round(summary.computing_seconds, 3),
        errors=summary.errors,
        queued=summary.queued,
        memory=summary.memory,
        problem=summary.problem,
    )
