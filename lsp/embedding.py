"""codeassist/embed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .methods import EMBED
from .protocol import EmbedParams
from .registration import serve
from .session_protocol import EncodedResult

if TYPE_CHECKING:
    from .service import Cancelled, Embeddings
    from .session import Session
    from .session_server import SessionServer

_DIGITS = 7


def register(server: SessionServer, session: Session) -> None:
    """Serve embeddings."""

    async def embed(params: EmbedParams) -> EncodedResult:
        def embedded(cancelled: Cancelled) -> EncodedResult:
            return _encoded(session.service.embed(params.texts, params.kind, cancelled))

        return await session.run(embedded)

    serve(server, EMBED, EmbedParams, embed)


def _encoded(embeddings: Embeddings) -> EncodedResult:
    """The result as JSON, a row at a time, so that other threads get their turn between rows."""
    vectors = embeddings.vectors
    rows = ",".join(json.dumps(row.astype(float).round(_DIGITS).tolist()) for row in vectors)
    model = json.dumps(embeddings.model)
    return EncodedResult(f'{{"model":{model},"dimensions":{vectors.shape[1]},"embeddings":[{rows}]}}')
