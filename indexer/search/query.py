"""What a query says before anything is looked up: its words, the symbols it names, what it asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..terms import QUESTION_WORDS, query_terms, query_words

MAX_NAMES = 8
"""Symbols looked up for one query."""

_SEPARATORS = re.compile(r"::|->|#|\.|/(?=\d+$)|:")
_TOKEN = re.compile(r"[\w$@]+(?:(?:::|->|[.#:])[\w$@]+)*[!?=]?(?:/\d+)?")
_CODE_LOOK = re.compile(r"[a-z0-9][A-Z]|\w_\w|[A-Z]{2,}[a-z]|\w(?:::|->|[.#])\w|^_+[a-z]")
_DECLARING = {
    "class",
    "def",
    "enum",
    "fn",
    "func",
    "function",
    "interface",
    "method",
    "struct",
    "trait",
    "type",
}
_INTENT_WORDS = {
    "test": "test tests testing tested unittest fixture fixtures",
    "example": "example examples sample samples demo tutorial snippet snippets",
    "benchmark": "bench benchmark benchmarks benchmarking perf",
    "prose": "changelog doc docs documentation documented guide licence license manual markdown readme",
    "config": "dockerfile lockfile makefile toml workflow workflows yaml yml",
}
_INTENTS = {intent: frozenset(words.split()) for intent, words in _INTENT_WORDS.items()}


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query.

    Attributes:
        text: The query itself.
        terms: Distinct terms for the keyword index.
        words: Distinct stems to look for in names.
        names: Symbols whose definition may be meant, as written, dotted.
        is_symbol: The whole query is one symbol.
        intents: Kinds of file that it asks for by name: "test", "example", "benchmark", "prose", "config".
    """

    text: str
    terms: tuple[str, ...]
    words: tuple[str, ...]
    names: tuple[str, ...]
    is_symbol: bool
    intents: frozenset[str]


def parse_query(text: str) -> Query:
    """Parse what the user typed; any string."""
    tokens = [token.strip(".:#") for token in _TOKEN.findall(text)]
    if len(tokens) == 2 and tokens[0] in _DECLARING:
        tokens = tokens[1:]  # "class Foo" is a way to write the symbol Foo
    is_symbol = len(tokens) == 1
    meant = tokens if is_symbol else [token for token in tokens if _looks_like_code(token)]
    lower = {token.lower() for token in tokens}
    return Query(
        text=text,
        terms=tuple(query_terms(text)),
        words=tuple(query_words(text)),
        names=tuple(dict.fromkeys(form for name in meant for form in _forms(name)))[:MAX_NAMES],
        is_symbol=is_symbol,
        intents=frozenset(intent for intent, words in _INTENTS.items() if lower & words),
    )


def _forms(name: str) -> list[str]:
    """A final mark may belong to a Ruby method or end the question."""
    name = dotted(name)
    bare = name.rstrip("!?=")
    return [form for form in dict.fromkeys((name, bare)) if form]


def dotted(name: str) -> str:
    """Write a symbol path with dots, whatever the language: "Foo::bar" and "Foo#bar" give "Foo.bar"."""
    return ".".join(part for part in _SEPARATORS.split(name) if part and not part.isdigit())


def _looks_like_code(token: str) -> bool:
    return token.lower() not in QUESTION_WORDS and _CODE_LOOK.search(token) is not None
