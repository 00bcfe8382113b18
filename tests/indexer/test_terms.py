from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codeassistd.indexer.terms import (
    MAX_QUERY_TERMS,
    MAX_TERM_LENGTH,
    name_words,
    query_terms,
    query_words,
    split_terms,
    stem,
)

SPLITS = [
    ("HTTPAdapter", ["httpadapter", "http", "adapter"]),
    ("parseHTTPResponse2", ["parsehttpresponse2", "pars", "http", "respons", "2"]),
    ("snake_case_name", ["snake_case_name", "snak", "cas", "nam"]),
    ("SCREAMING_SNAKE", ["screaming_snake", "scream", "snak"]),
    ("kebab-case", ["kebab", "case", "cas"]),
    ("utf8", ["utf8", "utf", "8"]),
    ("__init__", ["init"]),
    ("std::mem.eql", ["std", "mem", "eql"]),
    ("src/json/parser.ts", ["src", "json", "parser", "ts"]),
    ("retries", ["retries", "retry"]),
    ("x = 0x1F;", ["x", "0x1f", "0", "x", "1", "f"]),
    ("größeÄndern", ["größeändern", "größe", "ändern"]),
    ("数据库", ["数据", "据库"]),
    ("库", ["库"]),
    ("get数据value", ["get", "数据", "value"]),
    ("Ωmega_2ьф", ["ωmega_2ьф", "ωmega", "2", "ьф"]),
    ("_ __ - ...", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "terms"), SPLITS)
def test_identifiers_are_split_and_kept_whole(text: str, terms: list[str]) -> None:
    assert split_terms(text) == terms


@pytest.mark.parametrize(
    "family",
    [
        "retry retries retried",
        "parse parses parsed parsing",
        "cache caches cached caching",
        "stop stops stopped stopping",
        "class classes",
        "match matches matched matching",
        "map maps mapped mapping",
        "box boxes boxed",
    ],
)
def test_forms_of_a_word_fold_to_one_stem(family: str) -> None:
    assert len({stem(word) for word in family.split()}) == 1


@pytest.mark.parametrize(
    "word", ["string", "bed", "thing", "status", "axis", "class", "is", "ring", "utf8", "naïves"]
)
def test_words_that_only_look_inflected_are_left_alone(word: str) -> None:
    assert stem(word) == word


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("how does the retry policy work", ["retry", "policy"]),
        ('"retry" AND (policy OR *)', ["retry", "policy"]),
        ("how does it work", ["how", "does", "doe", "it", "work"]),
        ("retry retry RETRY", ["retry"]),
        ("title:foo~2", ["title", "titl", "foo", "2"]),
    ],
)
def test_queries_lose_their_question_words_and_operators(query: str, terms: list[str]) -> None:
    assert query_terms(query) == terms


def test_words_of_a_query_are_the_parts_of_its_identifiers() -> None:
    assert query_words("where is parseRetries used") == ["pars", "retry"]
    assert name_words("RetryPolicy.give_up?") == ["retry", "policy", "giv", "up"]


def test_a_pasted_file_is_cut_to_its_first_terms() -> None:
    terms = query_terms(" ".join(f"word{i}" for i in range(100_000)))
    assert len(terms) == MAX_QUERY_TERMS
    assert terms[0] == "word0"


@settings(deadline=None, max_examples=150)
@given(st.text() | st.from_regex(r"[A-Za-z0-9_./\- ]{0,300}", fullmatch=True))
def test_terms_are_lower_case_short_and_safe_to_store_between_spaces(text: str) -> None:
    for term in split_terms(text):
        assert term
        assert len(term) <= 2 * MAX_TERM_LENGTH  # lower-casing may lengthen a character
        assert not re.search(r"\s", term)
        assert term == term.lower()


@settings(deadline=None, max_examples=100)
@given(st.from_regex(r"[a-z]{2,8}(_[a-z]{2,8}){0,3}", fullmatch=True))
def test_naming_conventions_share_their_parts(snake: str) -> None:
    camel = "".join(part.capitalize() for part in snake.split("_"))
    assert name_words(camel) == name_words(snake)
    assert set(split_terms(snake)) >= {stem(part) for part in snake.split("_")}
