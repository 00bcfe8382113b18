"""codeassist/generate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .decoding import encode
from .errors import ParamsError
from .generation_protocol import (
    MAX_INSTRUCTION,
    GenerateAnswer,
    GenerateParams,
    GeneratePartialResult,
    GenerateSource,
    GenerateUsage,
)
from .generation_service import GenerationRequest
from .methods import GENERATE
from .positions import whole_lines
from .protocol import Position, Range
from .registration import serve
from .subject import offsets_of, subject_of

if TYPE_CHECKING:
    from .folders import Folder
    from .generation_service import Generated
    from .session import Session
    from .session_server import SessionServer
    from .writing import Writer

_MS = 1000


def register(server: SessionServer, session: Session, writer: Writer) -> None:
    """Serve what a person asks to be written."""

    async def generate(params: GenerateParams) -> GenerateAnswer:
        if params.answer == "middle":
            _check_place(params)
        else:
            check_instruction(params.instruction)
        folder, request = await _request(session, params)
        token = params.partial_result_token

        def send(text: str) -> None:
            value = encode(GeneratePartialResult(text))
            session.client.tell("$/progress", {"token": token, "value": value})

        generated = await writer.write(
            folder, request, None if token is None else send, dry_run=params.dry_run
        )
        return _answer(session, folder, generated, is_sent=token is not None)

    serve(server, GENERATE, GenerateParams, generate, shorthand="instruction")


def check_instruction(instruction: str) -> None:
    """Refuse an instruction that says nothing, or too much.

    Raises:
        ParamsError: It is one.
    """
    if not instruction.strip():
        raise ParamsError("params.instruction is empty", "say what is wanted")
    if len(instruction) > MAX_INSTRUCTION:
        raise ParamsError(
            f"params.instruction has {len(instruction):,} characters", f"{MAX_INSTRUCTION:,} are allowed"
        )


def _check_place(params: GenerateParams) -> None:
    if params.text_document is None or params.range is None or params.dry_run:
        raise ParamsError(
            "params.answer is middle",
            "it needs textDocument and range, and goes without dryRun",
        )


async def _request(session: Session, params: GenerateParams) -> tuple[Folder, GenerationRequest]:
    if params.text_document is None:
        folders = await session.folders.named(params.workspace)
        request = GenerationRequest(
            params.instruction, params.answer, use_context=params.context, max_tokens=params.max_tokens
        )
        return folders[0], request
    subject = await subject_of(session, params.text_document, params.workspace)
    start, end = offsets_of(session, subject.buffer, params.range)
    return subject.folder, GenerationRequest(
        instruction=params.instruction,
        answer=params.answer,
        path=subject.path,
        language=subject.language,
        text=subject.buffer.text,
        start=start,
        end=end,
        use_context=params.context,
        max_tokens=params.max_tokens,
    )


def _answer(session: Session, folder: Folder, generated: Generated, *, is_sent: bool) -> GenerateAnswer:
    usage = generated.usage
    sources = []
    for source in generated.sources:
        lines = whole_lines(source.start_line, source.end_line)
        place = Range(Position(**lines["start"]), Position(**lines["end"]))
        sources.append(GenerateSource(session.uri(folder, source.path), place))
    return GenerateAnswer(
        text="" if is_sent else generated.text,
        finish_reason="dryRun" if generated.finish_reason == "dry run" else generated.finish_reason,
        sources=tuple(sources),
        usage=GenerateUsage(
            prompt_tokens=usage.prompt_tokens,
            cached_tokens=usage.cached_tokens,
            completion_tokens=usage.completion_tokens,
            prompt_ms=round(usage.prompt_seconds * _MS, 1),
            completion_ms=round(usage.completion_seconds * _MS, 1),
            is_trimmed=usage.is_trimmed,
        ),
        model=generated.model.name,
        endpoint=generated.model.endpoint or None,
        prompt=generated.prompt or None,
    )
