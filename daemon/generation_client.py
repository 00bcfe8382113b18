"""Writing as the running daemon does it, for commands that would have to load the model themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from ..lsp.generation_service import Generated, Source
from ..models.completion import CompleterIdentity, Usage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..lsp.generation_service import GenerationRequest
    from .process.rpc_client import RpcClient

_TOKEN = "generate"  # noqa: S105 - of partial results


class GenerationClient:
    """Writes as a workspace's `lsp.generation_service.Generation` does, in the daemon.

    Args:
        client: A session with the daemon, in which positions count characters.
        root: The workspace.
    """

    def __init__(self, client: RpcClient, root: Path) -> None:
        self._client = client
        self._root = root

    def generate(
        self,
        request: GenerationRequest,
        on_text: Callable[[str], None],
        cancelled: Callable[[], bool],
        *,
        dry_run: bool = False,
    ) -> Generated:
        """Do what a person asks; see `Generation.generate`."""
        pieces: list[str] = []

        def take(method: str, params: Any) -> None:
            if method == "$/progress" and params.get("token") == _TOKEN:
                pieces.append(params["value"]["text"])
                on_text(pieces[-1])

        self._client.on_notification = take
        params = {
            "instruction": request.instruction,
            "answer": request.answer,
            "context": request.use_context,
            "maxTokens": request.max_tokens,
            "dryRun": dry_run,
            "workspace": str(self._root),
            "partialResultToken": None if dry_run else _TOKEN,
            **self._about(request),
        }
        answer = self._client.request("codeassist/generate", params, cancelled=cancelled)
        usage = answer["usage"]
        return Generated(
            text="".join(pieces) or answer["text"],
            finish_reason="dry run" if answer["finishReason"] == "dryRun" else answer["finishReason"],
            model=CompleterIdentity(answer["model"], answer.get("endpoint") or ""),
            sources=tuple(self._source(source) for source in answer["sources"]),
            usage=Usage(
                prompt_tokens=usage["promptTokens"],
                cached_tokens=usage["cachedTokens"],
                completion_tokens=usage["completionTokens"],
                is_trimmed=usage["isTrimmed"],
                prompt_seconds=usage["promptMs"] / 1000,
                completion_seconds=usage["completionMs"] / 1000,
            ),
            prompt=answer.get("prompt") or "",
        )

    def _about(self, request: GenerationRequest) -> dict[str, Any]:
        if not request.path:
            return {}
        ends = (("start", request.start), ("end", request.end))
        span = {key: _position(request.text, at) for key, at in ends}
        return {"textDocument": {"uri": (self._root / request.path).as_uri()}, "range": span}

    def _source(self, source: dict[str, Any]) -> Source:
        path = unquote(urlsplit(source["uri"]).path)
        root = unquote(urlsplit(self._root.as_uri()).path)
        start, end = source["range"]["start"]["line"] + 1, source["range"]["end"]["line"]
        return Source(path.removeprefix(root).lstrip("/"), start, max(start, end))


def _position(text: str, offset: int) -> dict[str, int]:
    line = text.count("\n", 0, offset)
    return {"line": line, "character": offset - (text.rfind("\n", 0, offset) + 1)}
