"""`codeassistd rerank`: passages in the order of how well they answer a query, for scripts."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, cast

import click

from ...models.errors import UsageError
from ..composition import loaded_reranker
from ..settings_loading import data_dir, load_settings
from .documents import best_first, rerank_document
from .model_requests import MOST_PASSAGES, asked_of_daemon, no_daemon_option
from .options import ExampleCommand, shared, shared_options
from .query_options import checked_query
from .session import configure_logging, has_own_settings
from .streams import open_streams

_MAX_TOTAL_CHARACTERS = 50_000_000


@click.command(
    "rerank",
    cls=ExampleCommand,
    examples=(
        ('codeassistd rerank "add numbers" "def add(a, b): ..." "def read(path): ..."', ""),
        ('grep -rh "^def" src | codeassistd rerank "parse a date" - --top-k 5', ""),
    ),
)
@click.argument("query")
@click.argument("passages", nargs=-1, metavar="[PASSAGE...|-]")
@click.option("--top-k", type=click.IntRange(1), metavar="N", help="Show only the best N passages.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document to standard output.")
@no_daemon_option
@shared_options
@click.pass_context
def command(
    context: click.Context,
    *,
    query: str,
    passages: tuple[str, ...],
    top_k: int | None,
    as_json: bool,
    no_daemon: bool,
) -> int:
    """Order each PASSAGE by how well it answers QUERY. "-" reads passages from standard input, one a line.

    A score is from 0 to 1: the model's estimate of the chance that the passage answers. The
    daemon's model gives it when one runs. Without --json, each passage is a line: score, tab, its first line.
    """
    options = shared(context)
    configure_logging(options)
    streams = open_streams(options.color)
    question = checked_query(query)
    given = _checked(_from_input() if passages == ("-",) else passages)
    settings = load_settings(None, options.overrides)
    found = None
    if not (no_daemon or has_own_settings(settings)) and len(given) <= MOST_PASSAGES:
        found = asked_of_daemon(streams, lambda models: models.rerank(question, given))
    if found is None:
        reranker = loaded_reranker(settings, data_dir())
        found = reranker.identity.name, best_first(reranker.score(question, given))
    document = rerank_document(*found, given, top_k)
    if as_json:
        streams.document(document)
        return 0
    for result in cast("list[dict[str, Any]]", document["results"]):
        text = result["text"].strip()
        streams.result(f"{result['score']:.4f}\t{text.splitlines()[0] if text else text}")
    return 0


def _from_input() -> list[str]:
    text = sys.stdin.buffer.read().decode("utf-8", "replace")
    lines = text.removesuffix("\n").split("\n") if text else []
    return [line.removesuffix("\r") for line in lines]


def _checked(passages: Sequence[str]) -> list[str]:
    if not passages:
        raise UsageError(
            "no passage is given", 'for instance: codeassistd rerank "a query" "a passage", or - for stdin'
        )
    if sum(map(len, passages)) > _MAX_TOTAL_CHARACTERS:
        raise UsageError("more than 50 million characters at once", "rerank them in several runs")
    # Bytes of the command line that are no UTF-8 come as surrogates, which no terminal shows.
    return [passage.encode("utf-8", "replace").decode("utf-8") for passage in passages]
