"""`codeassistd search`: answers a query from an index that it brings up to date first."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ...indexer.search.request import MAX_QUERY_CHARACTERS, SearchFilter, SearchMode, SearchRequest
from ...models.errors import UsageError
from .answers import Answered, AnswerOptions, answer_options, show_answer, with_answerer
from .documents import search_document
from .options import ExampleCommand, shared, shared_options
from .query_options import (
    BatchQuery,
    checked_globs,
    checked_kinds,
    checked_languages,
    checked_query,
    filter_options,
    read_batch,
)
from .session import Session, open_session

if TYPE_CHECKING:
    from ..answering import Answers


@click.command(
    "search",
    short_help="Find code by meaning, words or name.",
    cls=ExampleCommand,
    examples=(
        ('codeassistd search "where are retries limited"', ""),
        ("codeassistd search HttpClient.send -k 3", ""),
        ("codeassistd search \"parse date\" --language python --path 'src/**'", ""),
        ("codeassistd search \"read config\" --json | jq '.results[0].path'", ""),
        ("codeassistd search --batch queries.jsonl > answers.jsonl", ""),
    ),
)
@click.argument("query", required=False)
@filter_options
@click.option(
    "--mode",
    type=click.Choice(["hybrid", "semantic", "keyword"]),
    help="Rank by meaning and words, by meaning alone, or by words alone. Default: hybrid.",
)
@click.option(
    "--rerank/--no-rerank",
    default=None,
    help="Let the reranking model look at the best results again, or not. Default: no.",
)
@click.option(
    "--batch", metavar="FILE", help='Answer a file of JSON lines {"id", "query"}; "-" is standard input.'
)
@answer_options
@shared_options
@click.pass_context
def command(  # noqa: PLR0913 - one parameter an option
    context: click.Context,
    /,
    *,
    query: str | None,
    languages: tuple[str, ...],
    paths: tuple[str, ...],
    kinds: tuple[str, ...],
    mode: str | None,
    rerank: bool | None,
    batch: str | None,
    **answer: object,
) -> int:
    """Search the workspace for QUERY: a question, words, or the name of a symbol.

    The index is brought up to date first. What can't be embedded in a few seconds is found by its
    words and names until `codeassistd index` (or --wait) has embedded the rest. Of a large workspace
    that has no index yet, the files that mention the query's words are read first. "-" reads the query
    from standard input.
    """
    options = AnswerOptions(**answer)  # type: ignore[arg-type]
    if (query is None) == (batch is None):
        both = "give either a query or --batch, not both"
        raise UsageError(
            "no query is given" if query is None else both, 'for instance: codeassistd search "parse config"'
        )
    where = SearchFilter(checked_languages(languages), checked_globs(paths), checked_kinds(kinds))
    questions = read_batch(batch) if batch is not None else []
    words = None if query is None else checked_query(sys.stdin.read() if query == "-" else query)
    session = open_session(shared(context), quiet=options.quiet)
    defaults = session.settings.search
    template = SearchRequest(
        "",
        options.limit or defaults.limit,
        SearchMode(mode or defaults.mode),
        where,
        defaults.rerank if rerank is None else rerank,
    )
    if words is not None:
        _answer(session, options, template, words)
    else:
        _answer_batch(session, options, template, questions)
    return 0


def _answer(session: Session, options: AnswerOptions, template: SearchRequest, words: str) -> None:
    request = _checked(replace(template, query=words))
    if len(words) > MAX_QUERY_CHARACTERS:
        session.streams.remark(f"only the first {MAX_QUERY_CHARACTERS:,} characters of the query are used")

    def answer(answerer: Answers) -> None:
        began = time.perf_counter()
        response = answerer.search(request)
        took = time.perf_counter() - began
        show_answer(session, options, Answered(words, response, took, answerer.how_to_finish))

    with_answerer(session, options, answer, needs_model=request.mode != SearchMode.KEYWORD, awaited=words)


def _answer_batch(
    session: Session, options: AnswerOptions, template: SearchRequest, questions: Sequence[BatchQuery]
) -> None:
    open_questions = deque(
        (question, _checked(replace(template, query=question.query))) for question in questions
    )

    def answer(answerer: Answers) -> None:
        while open_questions:
            question, request = open_questions[0]
            began = time.perf_counter()
            response = answerer.search(request)
            document = search_document(
                response,
                query=question.query,
                workspace=session.workspace.root,
                took_seconds=time.perf_counter() - began,
            )
            session.streams.line({"id": question.id, **document})
            open_questions.popleft()

    with_answerer(session, options, answer, needs_model=template.mode != SearchMode.KEYWORD)


def _checked(request: SearchRequest) -> SearchRequest:
    return request.checked(has_embedder=True)
