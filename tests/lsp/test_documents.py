from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.lsp import methods, sync
from codeassistd.lsp.positions import Encoding, column_to_index, index_to_column, lines_of_range
from codeassistd.lsp.text_buffer import TextBuffer

ENCODINGS = st.sampled_from(["utf-8", "utf-16", "utf-32"])
TEXT = st.text(alphabet="ab\r\n\u2028é😀\ud800", max_size=30)
PLACE = st.tuples(st.integers(0, 8), st.integers(0, 12))


def _offset(text: str, place: tuple[int, int], encoding: Encoding) -> int:
    """Where a position is, found the slow way."""
    line, column = place
    starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]
    if line >= len(starts):
        return len(text)
    start = starts[line]
    end = re.compile(r"[\r\n]|\Z").search(text, start)
    assert end
    width = {"utf-8": lambda c: len(c.encode()), "utf-16": lambda c: 1 + (ord(c) > 0xFFFF)}.get(
        encoding, lambda c: 1
    )
    at = start
    while at < end.start() and column >= width(text[at]):
        column -= width(text[at])
        at += 1
    return at


@given(TEXT, st.lists(st.tuples(PLACE, PLACE, TEXT), max_size=5), ENCODINGS)
def test_edits_give_what_they_give_in_a_plain_string(
    text: str, edits: list[tuple[tuple[int, int], tuple[int, int], str]], encoding: Encoding
) -> None:
    buffer = TextBuffer(text)
    expected = text.replace("\ud800", "\ufffd")
    for one, other, inserted in edits:
        start, end = sorted((one, other))
        buffer.replace(one, other, inserted, encoding)
        expected = (
            expected[: _offset(expected, start, encoding)]
            + inserted.replace("\ud800", "\ufffd")
            + expected[_offset(expected, end, encoding) :]
        )
        assert buffer.text == expected
        assert buffer.lines == TextBuffer(expected).lines


@given(st.text(alphabet="aé€😀", max_size=12), st.integers(0, 12), ENCODINGS)
def test_columns_and_indexes_are_inverse(line: str, index: int, encoding: Encoding) -> None:
    index = min(index, len(line))
    assert column_to_index(line, index_to_column(line, index, encoding), encoding) == index


@pytest.mark.parametrize(
    ("start", "end", "lines", "expected"),
    [
        ((0, 0), (0, 0), None, (1, 1)),
        ((0, 3), (2, 0), None, (1, 2)),
        ((0, 3), (2, 1), None, (1, 3)),
        ((4, 0), (2, 0), None, (5, 5)),
        ((2, 0), (3, 0), ["a\r", "b\r\n", "c\n", "d"], (2, 2)),
        ((3, 0), (4, 0), ["a\n", "b\n", " \n", ""], (2, 2)),
        ((0, 0), (4, 0), ["a\n", "\n", "b\n", ""], (1, 3)),
        ((1, 0), (2, 0), ["a\n", "\n", "b\n", ""], (2, 2)),
        ((0, 0), (0, 0), [""], (1, 1)),
    ],
)
def test_ranges_touch_lines(start: Any, end: Any, lines: Any, expected: Any) -> None:
    assert lines_of_range(start, end, lines) == expected


def test_what_is_on_screen_is_searched(daemon: Any, folder: Path) -> None:
    uri = (folder / "a.py").as_uri().replace("a.py", "%61.py")

    async def found(client: Any, query: str) -> list[str]:
        answer = await client.request(methods.SEARCH, {"query": query})
        return [result["uri"] for result in answer["result"]["results"]]

    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:

            def tell(method: str, params: Any) -> None:
                client.send({"jsonrpc": "2.0", "method": f"textDocument/{method}", "params": params})

            def change(*changes: Any) -> None:
                tell("didChange", {"textDocument": {"uri": uri, "version": 2}, "contentChanges": changes})

            await client.start(folder)
            item = {"uri": uri, "languageId": "python", "version": 1, "text": 'x = "😀" # one\n'}
            tell("didOpen", {"textDocument": item})
            tell("didOpen", {"textDocument": {**item, "uri": "untitled:Untitled-1"}})
            assert await found(client, "one") == [uri]
            assert await found(client, "def") == []
            place = {"line": 0, "character": 11}
            change({"range": {"start": place, "end": {"line": 0, "character": 14}}, "text": "two"})
            assert await found(client, '"😀" # two') == [uri]
            change({"text": "three"}, {"text": "four"})
            assert await found(client, "four") == [uri]
            tell(
                "didChange", {"textDocument": {"uri": "file:///unknown", "version": 1}, "contentChanges": []}
            )
            tell("didClose", {"textDocument": {"uri": uri}})
            assert await found(client, "four") == []
            assert len(await found(client, "def")) == 2

    asyncio.run(scenario())


def test_sessions_see_their_own_documents_only(daemon: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as one, running.raw() as other:
            await one.start(folder)
            uri = (folder / "a.py").as_uri()
            item = {"uri": uri, "languageId": "python", "version": 1, "text": "mine"}
            one.send({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": item}})
            assert len((await one.request(methods.SEARCH, {"query": "mine"}))["result"]["results"]) == 1
            other_folder = folder.with_name("other")
            other_folder.mkdir()
            await other.start(other_folder)
            assert (await other.request(methods.SEARCH, {"query": "mine"}))["result"]["results"] == []

    asyncio.run(scenario())


def test_a_huge_document_is_left_out_and_its_client_told(
    daemon: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "LONGEST_TEXT", 100)

    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            for change in (False, True):
                uri = client.open(folder / "a.py", "small = 1\n" if change else "huge = 1\n" * 50)
                if change:
                    client.change(uri, 2, {"text": "huge = 1\n" * 50})
                said = await client.receive()
                assert said["method"] == "window/showMessage"
                assert "a.py has more than 100 characters" in said["params"]["message"]
                found = await client.request(methods.SEARCH, {"query": "huge"})
                assert found["result"]["results"] == []

    asyncio.run(scenario())
