from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd import lsp
from codeassistd.indexer.pipeline.report import Progress
from codeassistd.lsp.configuration import settings_of
from codeassistd.lsp.decoding import Between, camel_case, decode, encode
from codeassistd.lsp.errors import ParamsError
from codeassistd.lsp.index_progress import description, percentage
from codeassistd.lsp.locations import path_of_uri
from codeassistd.lsp.messages import MessageError, Notification, Reply, Request, parse_message
from codeassistd.lsp.methods import METHODS, methods_page
from codeassistd.lsp.protocol import Position, Range, SearchParams, SimilarParams, TextDocumentIdentifier


@dataclass(frozen=True, slots=True)
class _Record:
    some_number: Annotated[int, Between(1, 3)]
    share: float = 0.5
    flag: bool | None = None
    words: Annotated[tuple[str, ...], Between(0, 2)] = ()
    either: int | str | None = None


def test_the_page_says_what_the_records_say() -> None:
    page = Path(lsp.__file__).with_name("METHODS.md")
    write = "python -c \"from codeassistd.lsp.methods import methods_page as p; print(p(), end='')\""
    assert page.read_text(encoding="utf-8") == methods_page(), f"write it anew with {write}"
    assert all(f"### `{method.name}`" in methods_page() for method in METHODS)


def test_records_from_json() -> None:
    raw = {"someNumber": 3.0, "share": 1, "flag": True, "words": ["a", "\ud800"], "either": "x", "other": 1}
    assert decode(_Record, raw) == _Record(3, 1.0, True, ("a", "\ufffd"), "x")
    assert decode(_Record, {"someNumber": 1, "flag": None}) == _Record(1)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ([], "params is a list"),
        ({}, "params.someNumber is missing"),
        ({"someNumber": 4}, "params.someNumber is 4"),
        ({"someNumber": 1.5}, "params.someNumber is a number"),
        ({"someNumber": float("nan")}, "params.someNumber is a number"),
        ({"someNumber": float("inf")}, "params.someNumber is a number"),
        ({"someNumber": True}, "params.someNumber is a boolean"),
        ({"someNumber": 1, "share": "x"}, "params.share is a string"),
        ({"someNumber": 1, "flag": 1}, "params.flag is a number"),
        ({"someNumber": 1, "words": ["a"] * 3}, "params.words has 3 items"),
        ({"someNumber": 1, "words": ["a", None]}, "params.words[1] is nothing"),
        ({"someNumber": 1, "either": {}}, "params.either is an object"),
    ],
)
def test_wrong_json_is_named(raw: Any, said: str) -> None:
    with pytest.raises(ParamsError) as caught:
        decode(_Record, raw)
    assert caught.value.message == said
    assert caught.value.hint


@given(
    st.builds(SearchParams, query=st.text(), limit=st.integers(1, 1000), languages=st.tuples(st.just("c")))
    | st.builds(
        SimilarParams,
        text_document=st.builds(TextDocumentIdentifier, st.text()),
        range=st.just(Range(Position(1, 2), Position(3, 4))),
    )
)
def test_records_survive_json(record: Any) -> None:
    assert decode(type(record), encode(record)) == record


def test_names_in_json() -> None:
    assert [camel_case(name) for name in ("a", "took_ms", "partial_result_token")] == [
        "a",
        "tookMs",
        "partialResultToken",
    ]


@pytest.mark.parametrize(
    ("found", "settings"),
    [
        ({"search": {"limit": 5}}, {"search.limit": 5}),
        ({"search.limit": 5, "index": {"exclude": ["a"]}}, {"search.limit": 5, "index.exclude": ["a"]}),
        ({"codeassistd": {"search.limit": 5}, "python": {"a": 1}}, {"search.limit": 5}),
        ({"codeassistd.search": {"limit": 5}, "x.y": 1}, {"search.limit": 5}),
        ({"codeassistd": {}, "python": {"a": 1}}, {}),
        ({"search": {"limit": None}}, {}),
        (None, {}),
        ([1], {}),
        ("text", {}),
        ({"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {"i": 1}}}}}}}}}, {"a.b.c.d.e.f.g.h": {"i": 1}}),
    ],
)
def test_settings_in_any_form(found: Any, settings: dict[str, object]) -> None:
    assert settings_of(found) == settings


@pytest.mark.parametrize(
    ("progress", "per_cent", "words"),
    [
        (Progress("wait", 0, None, detail="for another window"), 0, "waiting (for another window)"),
        (Progress("scan", 500, None), 0, "looking for changes"),
        (Progress("chunk", 1, 2), 12, "reading: 1 of 2 files"),
        (Progress("embed", 3_000, 2_000, "chunks"), 99, "embedding: 3,000 of 2,000 chunks"),
        (Progress("optimize", 0, None), 99, "tidying up"),
    ],
)
def test_progress_in_words_and_per_cent(progress: Progress, per_cent: int, words: str) -> None:
    assert (percentage(progress), description(progress)) == (per_cent, words)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"jsonrpc":"2.0","id":1,"method":"m"}', Request(1, "m", None)),
        (b'{"jsonrpc":"2.0","id":"a","method":"m","params":[1]}', Request("a", "m", [1])),
        (b'{"jsonrpc":"2.0","method":"m","params":{}}', Notification("m", {})),
        (b'{"jsonrpc":"2.0","id":1,"result":null}', Reply(1, None, "")),
        (b'{"jsonrpc":"2.0","id":1,"error":{"message":"no"}}', Reply(1, None, "no")),
        (b'{"jsonrpc":"2.0","id":1,"error":7}', Reply(1, None, "refused")),
    ],
)
def test_bodies_are_messages(body: bytes, message: Any) -> None:
    assert parse_message(body) == message


@pytest.mark.parametrize(
    ("body", "id_"),
    [
        (b"{", None),
        (b"[]", None),
        (b'{"id":4,"method":"m"}', 4),
        (b'{"jsonrpc":"2.0","id":4,"method":1}', 4),
        (b'{"jsonrpc":"2.0","id":4,"method":"m","params":3}', 4),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"m"}', None),
        (b'{"jsonrpc":"2.0","id":true,"method":"m"}', None),
        (b'{"jsonrpc":"2.0","id":4}', 4),
        (b'{"jsonrpc":"2.0","result":4}', None),
    ],
)
def test_other_bodies_are_none(body: bytes, id_: Any) -> None:
    with pytest.raises(MessageError) as caught:
        parse_message(body)
    assert caught.value.id == id_


@given(st.text(alphabet=st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1))
def test_paths_and_uris(name: str) -> None:
    path = Path("/folder") / name
    if name not in {".", ".."}:
        assert path_of_uri(path.as_uri()) == path


def test_uris_of_nothing_on_disk() -> None:
    assert path_of_uri("untitled:Untitled-1") is None
    assert path_of_uri("file://localhost/a/../b") == Path("/b")
    for wrong in ("file:///a%00b", "file:", "file:relative"):
        with pytest.raises(ParamsError):
            path_of_uri(wrong)
