"""`codeassistd embed`: the vectors of texts, for scripts and for checking the model."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import click

from ...models.errors import UsageError
from ..composition import cut_texts, lazy_embedder
from ..settings_loading import data_dir, load_settings
from .documents import embed_document
from .model_requests import asked_of_daemon, no_daemon_option
from .options import ExampleCommand, shared, shared_options
from .session import configure_logging, has_own_settings
from .streams import open_streams

if TYPE_CHECKING:
    from ...models.roles import EmbedKind

_MAX_TOTAL_CHARACTERS = 50_000_000


@click.command(
    "embed",
    cls=ExampleCommand,
    examples=(
        ('codeassistd embed "def add(a, b): return a + b" --json', ""),
        ('codeassistd embed --kind query "sum two numbers"', ""),
        ("cut -f2 titles.tsv | codeassistd embed - > vectors.jsonl", ""),
    ),
)
@click.argument("texts", nargs=-1, metavar="[TEXT...|-]")
@click.option(
    "--kind",
    type=click.Choice(["query", "document"]),
    default="document",
    show_default=True,
    help="Whether the texts are things to find, or questions about them.",
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document to standard output.")
@no_daemon_option
@shared_options
@click.pass_context
def command(
    context: click.Context, *, texts: tuple[str, ...], kind: str, as_json: bool, no_daemon: bool
) -> int:
    """Turn each TEXT into a vector. "-" reads the texts from standard input, one a line.

    The daemon's model does it when one runs. Without --json, each vector is a line of its own: a JSON list
    of numbers.
    """
    options = shared(context)
    configure_logging(options)
    streams = open_streams(options.color)
    given = _checked(_from_input() if texts == ("-",) else texts)
    settings = load_settings(None, options.overrides)
    found = None
    if not (no_daemon or has_own_settings(settings)):
        found = asked_of_daemon(streams, lambda models: models.embed(given, cast("EmbedKind", kind)))
    if found is None:
        embedder = lazy_embedder(settings, data_dir())
        found = embedder.identity.id, embedder.embed(given, cast("EmbedKind", kind))
    if cut := cut_texts(settings, data_dir(), given, cast("EmbedKind", kind)):
        streams.remark(f"{cut:,} of {len(given):,} are longer than the model reads: their ends don't count")
    document = embed_document(*found)
    if as_json:
        streams.document(document)
        return 0
    for row in cast("list[list[float]]", document["embeddings"]):
        streams.result(json.dumps(row))
    streams.remark(f"{len(given):,} vectors of {document['dimensions']} dimensions by {document['model']}")
    return 0


def _from_input() -> list[str]:
    text = sys.stdin.buffer.read().decode("utf-8", "replace")
    lines = text.removesuffix("\n").split("\n") if text else []
    return [line.removesuffix("\r") for line in lines]


def _checked(texts: Sequence[str]) -> list[str]:
    if not texts:
        raise UsageError("no text is given", 'for instance: codeassistd embed "some text", or - for stdin')
    if sum(map(len, texts)) > _MAX_TOTAL_CHARACTERS:
        raise UsageError("more than 50 million characters at once", "embed them in several runs")
    for number, text in enumerate(texts, start=1):
        if not text.strip():
            raise UsageError(f"text {number} is empty", "leave it out")
    # Bytes of the command line that are no UTF-8 come as surrogates, which no tokenizer takes.
    return [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
