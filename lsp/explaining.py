"""codeassist/explain: an explanation that editors without a view for it show as a Markdown file."""

from __future__ import annotations

import shutil
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from .capabilities import shows_documents
from .generation_protocol import ExplainAnswer, ExplainParams
from .generation_service import GenerationRequest
from .methods import EXPLAIN
from .model_edits import counting
from .registration import serve
from .session_protocol import RefusedError
from .subject import offsets_of, subject_of

if TYPE_CHECKING:
    from .session import Session
    from .session_server import SessionServer
    from .writing import Writer

_INSTRUCTION = "Explain what this code does, how, and what is worth knowing before changing it. Be brief."


def register(server: SessionServer, session: Session, writer: Writer) -> None:
    """Serve explanations."""
    pages = _Pages()
    session.at_end(pages.remove)

    async def explain(params: ExplainParams) -> ExplainAnswer:
        subject = await subject_of(session, params.text_document)
        start, end = offsets_of(session, subject.buffer, params.range)
        request = GenerationRequest(
            _INSTRUCTION, "prose", subject.path, subject.language, subject.buffer.text, start, end
        )
        async with session.tasks.shown("Explain") as report:
            generated = await writer.write(subject.folder, request, counting(report))
        text = generated.text
        if not params.show or not shows_documents(session.client.client_capabilities):
            return ExplainAnswer(text, shown=False)
        page = await session.run(lambda cancelled: pages.write(text))  # noqa: ARG005
        shown = {"uri": page.as_uri(), "takeFocus": True}
        try:
            answer = await session.client.ask(types.WINDOW_SHOW_DOCUMENT, shown)
        except RefusedError:
            answer = None
        return ExplainAnswer(text, shown=isinstance(answer, dict) and answer.get("success") is True)

    serve(server, EXPLAIN, ExplainParams, explain)


class _Pages:
    """Files of one session, which nobody else can read; they go with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._count = 0

    def write(self, text: str) -> Path:
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="codeassistd-"))
            self._count += 1
            page = self._folder / f"explanation-{self._count}.md"
            page.write_text(text, encoding="utf-8")
        return page

    def remove(self) -> None:
        with self._lock:
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._folder = None
