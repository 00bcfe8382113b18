"""`codeassistd generate`: writes text about, or for, the workspace."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ...lsp.generation_service import GenerationRequest
from ...lsp.service import CancelledError
from ...models.errors import UsageError
from .documents import generation_document
from .excerpts import Excerpt, read_excerpt, read_place
from .interrupts import stop_when_consistent
from .options import ExampleCommand, shared, shared_options
from .session import Session, open_session
from .writers import Writer, with_writer

if TYPE_CHECKING:
    from ...lsp.generation_service import Generated
    from .interrupts import StopRequest
    from .streams import Streams


@click.command(
    "generate",
    short_help="Write text about, or for, the workspace.",
    cls=ExampleCommand,
    examples=(
        ('codeassistd generate "how are settings loaded"', ""),
        ('codeassistd generate "add type hints" --file src/load.py:10-42 --code', ""),
        ('codeassistd generate "explain this" --file src/load.py --show-prompt', "writes nothing"),
        ("codeassistd generate --fim src/load.py:12:5", ""),
    ),
)
@click.argument("instruction", required=False)
@click.option(
    "--file", "file", metavar="PATH[:START[-END]]", help="The file, or the lines of it, that this is about."
)
@click.option("--code", is_flag=True, help="Write what takes the place of these lines, and nothing else.")
@click.option("--fim", metavar="PATH:LINE:COLUMN", help="Write what belongs at a place; both count from 1.")
@click.option("--no-context", is_flag=True, help="Give the model no other code of the workspace.")
@click.option("--max-tokens", type=click.IntRange(1, 32_768), metavar="N", help="Most tokens to write.")
@click.option("--show-prompt", is_flag=True, help="Show what the model would be given, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document to standard output.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no remarks.")
@shared_options
@click.pass_context
def command(  # noqa: PLR0913 - one parameter an option
    context: click.Context,
    *,
    instruction: str | None,
    file: str | None,
    code: bool,
    fim: str | None,
    no_context: bool,
    max_tokens: int | None,
    show_prompt: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Do what INSTRUCTION asks, with a model that is given the code it needs to know.

    The text goes to standard output as it is written, and what it took to standard error. "-" reads the
    instruction from standard input. The model is the one that was pulled (`codeassistd models pull`), or
    what the settings in the section generation name (`codeassistd config show`).
    """
    _check(instruction, file, fim, is_code=code)
    session = open_session(shared(context), quiet=quiet)
    part: Excerpt | None = None
    if fim is not None:
        part = read_place(fim, session.workspace)
    elif file is not None:
        part = read_excerpt(file, session.workspace)
    request = GenerationRequest(
        instruction=sys.stdin.read() if instruction == "-" else instruction or "",
        answer="middle" if fim is not None else "code" if code else "prose",
        path=part.path if part else "",
        text=part.text if part else "",
        start=part.start if part else 0,
        end=part.end if part else 0,
        use_context=not no_context,
        max_tokens=max_tokens,
    )
    if fim is None and not request.instruction.strip():
        raise UsageError("the instruction is empty", "say what is to be written")
    with stop_when_consistent(lambda: session.streams.warning("stopping")) as stop:
        _write(session, request, stop, as_json=as_json, dry_run=show_prompt)
    stop.raise_if_set()
    return 0


def _check(instruction: str | None, file: str | None, fim: str | None, *, is_code: bool) -> None:
    if (instruction is None) == (fim is None):
        raise UsageError(
            "give either an instruction or --fim",
            'for instance: codeassistd generate "explain this" --file src/load.py',
        )
    if fim is not None and (file is not None or is_code):
        raise UsageError("--fim goes without --file and --code", "leave them out")
    if is_code and file is None:
        raise UsageError("--code needs --file", "name the lines to replace: --file PATH:START-END")


def _write(
    session: Session, request: GenerationRequest, stop: StopRequest, *, as_json: bool, dry_run: bool
) -> None:
    streams = session.streams

    def show(piece: str) -> None:
        if not as_json:
            streams.piece(piece)

    def write(writer: Writer) -> None:
        try:
            found = writer.generate(request, show, stop, dry_run=dry_run)
        except CancelledError:
            return
        if as_json:
            streams.document(generation_document(found))
        elif dry_run:
            streams.result(found.prompt)
        elif not found.text.endswith("\n"):
            streams.result("")
        _remark(streams, found)

    with_writer(session, write, needs_index=request.use_context)


def _remark(streams: Streams, found: Generated) -> None:
    for source in found.sources:
        streams.remark(f"given to the model: {source.path}:{source.start_line}-{source.end_line}")
    if found.model.endpoint:
        streams.remark(f"by {found.model.name} at {found.model.endpoint}, which was sent the prompt")
    if found.finish_reason == "length":
        streams.warning("it ends where its tokens did; --max-tokens gives it more")
    usage = found.usage
    if usage.is_trimmed:
        streams.remark("part of the file had no room in the prompt")
    if found.finish_reason == "dry run":
        streams.remark(f"{usage.prompt_tokens:,} tokens for {found.model.name}")
        return
    if found.text and not usage.completion_tokens:
        streams.remark(f"{found.model.endpoint} doesn't tell how many tokens that took")
        return
    rate = usage.completion_tokens / usage.completion_seconds if usage.completion_seconds else 0.0
    streams.remark(
        f"{usage.prompt_tokens:,} tokens read ({usage.cached_tokens:,} known already),"
        f" {usage.completion_tokens:,} written" + (f", {rate:,.0f} a second" if rate else "")
    )
