from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codeassistd.indexer.search.naming import file_name_scores, file_words, folder_words, symbol_scores


@pytest.mark.parametrize(
    ("words", "best", "others"),
    [
        (["retry", "middlewar"], "src/RetryMiddleware.php", ["src/Middleware.php", "src/Retry.php"]),
        (["authentication"], "httpx/_auth.py", ["httpx/_author.py", "httpx/_urls.py"]),
        (["serialization"], "output/serializer.hpp", ["output/series.hpp"]),
        (["url", "encod"], "parsers/urlencoded.ex", ["parsers/json.ex"]),
        (["middlewar"], "axum/src/middleware/mod.rs", ["axum/src/middleware/from_fn.rs"]),
        (["cooki"], "session/cookie.ex", ["cookie/session.ex", "session.ex"]),
        (["json", "parser"], "json/parser.py", ["yaml/parser.py", "json/writer.py"]),
    ],
)
def test_the_file_named_for_the_query_scores_best(words: list[str], best: str, others: list[str]) -> None:
    scores = file_name_scores(words, [best, *others])
    assert scores[0] > max(scores[1:])


def test_a_word_in_every_path_counts_little() -> None:
    paths = ["plug/router.ex", "plug/conn.ex", "plug/static.ex", "plug/plug.ex"]
    scores = dict(zip(paths, file_name_scores(["plug", "router"], paths), strict=True))
    assert scores["plug/router.ex"] > scores["plug/plug.ex"]


def test_symbols_are_matched_like_files() -> None:
    scores = symbol_scores(["give", "up"], ["RetryPolicy.give_up", "RetryPolicy.delay", ""])
    assert scores[0] > scores[1] == scores[2] == 0


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("a/HTTPAdapter.test.ts", ("http", "adapter")),
        ("lua/lazy/manage/init.lua", ("manag",)),
        ("model/__init__.py", ("model",)),
        ("index.js", ("index",)),
        (".bashrc", ("bashrc",)),
    ],
)
def test_words_of_a_file_name(path: str, words: tuple[str, ...]) -> None:
    assert file_words(path) == words


def test_words_of_folders_are_distinct() -> None:
    assert folder_words("src/srcSet/x.c") == ("src", "set")


@settings(deadline=None, max_examples=80)
@given(
    st.lists(
        st.sampled_from(["retry", "auth", "authentication", "json", "x", "数据"]), unique=True, max_size=5
    ),
    st.lists(
        st.from_regex(r"([a-zA-Z_.]{1,9}/){0,2}[a-zA-Z_.]{1,12}", fullmatch=True), unique=True, max_size=8
    ),
)
def test_scores_are_shares(words: list[str], paths: list[str]) -> None:
    scores = file_name_scores(words, paths)
    assert scores.shape == (len(paths),)
    assert all(0 <= score <= 1 + 1e-6 for score in scores)
