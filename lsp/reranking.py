"""codeassist/rerank."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .methods import RERANK
from .protocol import RerankAnswer, RerankedPassage, RerankParams
from .registration import serve

if TYPE_CHECKING:
    from .session import Session
    from .session_server import SessionServer

_SCORE_DIGITS = 6


def register(server: SessionServer, session: Session) -> None:
    """Serve reranking."""

    async def rerank(params: RerankParams) -> RerankAnswer:
        found = await session.run(
            lambda cancelled: session.service.rerank(params.query, params.passages, cancelled)
        )
        scores = found.scores.tolist()
        # Of equal scores the passage that was given first comes first.
        order = sorted(range(len(scores)), key=lambda at: -scores[at])[: params.top_k]
        return RerankAnswer(
            found.model,
            tuple(
                RerankedPassage(
                    at,
                    round(scores[at], _SCORE_DIGITS),
                    params.passages[at] if params.return_documents else None,
                )
                for at in order
            ),
        )

    serve(server, RERANK, RerankParams, rerank)
