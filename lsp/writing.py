"""Has text written: for one session, a few requests at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from ..models.errors import CodeassistdError
from .text_stream import TextStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from .folders import Folder
    from .generation_service import Generated, GenerationRequest
    from .service import Cancelled
    from .session import Session

_AT_ONCE = 2


class Writer:
    """What a session's requests to write share: threads of their own, because each takes one for long."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lane = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="lsp-generate")
        session.at_end(lambda: self._lane.shutdown(wait=False, cancel_futures=True))

    async def write(
        self,
        folder: Folder,
        request: GenerationRequest,
        on_text: Callable[[str], None] | None = None,
        *,
        dry_run: bool = False,
    ) -> Generated:
        """Write what is asked.

        Args:
            folder: The workspace.
            request: What.
            on_text: Gets the text in pieces, on the event loop; all of it before this returns.
            dry_run: Show the prompt, and write nothing.

        Raises:
            CodeassistdError: There is no model, or it failed.
        """
        generation = folder.workspace.generation
        unsaved = self._session.unsaved(folder)
        stream = TextStream(on_text or _ignore, self._session.timing.text_seconds)

        def write(cancelled: Cancelled) -> Generated:
            return generation.generate(request, unsaved, stream.add, cancelled, dry_run=dry_run)

        try:
            generated = await self._session.run(write, self._lane)
        except BaseException:
            stream.abandon()
            raise
        stream.close()
        if on_text is not None and generated.text and not stream.has_text:
            on_text(generated.text)
        return generated

    async def write_code(
        self, folder: Folder, request: GenerationRequest, on_text: Callable[[str], None]
    ) -> str:
        """Write what takes the place of a selection.

        Raises:
            CodeassistdError: There is no model, it failed, or what it wrote is not whole.
        """
        generated = await self.write(folder, request, on_text)
        if generated.finish_reason == "length":
            raise CodeassistdError(
                "the answer was cut off: it needs more tokens than are allowed",
                "select less, or allow more tokens",
            )
        if not generated.text.strip():
            raise CodeassistdError("the model wrote nothing", "say more of what you want")
        return generated.text


def _ignore(_text: str) -> None:
    """For those who want the whole text only."""
