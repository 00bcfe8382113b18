"""Addresses, events and chunks, without a server."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.models.completion import ContextPassage, FillIn, Instruction
from codeassistd.models.endpoint.address import parse_address
from codeassistd.models.endpoint.chat import chat_prompt
from codeassistd.models.endpoint.chunks import Chunk, ChunkError, ServerFailure, parse_chunk, parse_models
from codeassistd.models.endpoint.errors import said
from codeassistd.models.endpoint.events import EventError, EventReader
from codeassistd.models.endpoint.prompting import text_prompt
from codeassistd.models.errors import CodeassistdError, UsageError


@pytest.mark.parametrize(
    ("url", "base", "host", "is_local"),
    [
        ("http://localhost:11434", "http://localhost:11434/v1", "localhost:11434", True),
        ("http://127.0.0.1:8080/v1/", "http://127.0.0.1:8080/v1", "127.0.0.1:8080", True),
        ("http://[::1]:8080", "http://[::1]:8080/v1", "[::1]:8080", True),
        (" https://example.org/api/v1 ", "https://example.org/api/v1", "example.org", False),
    ],
)
def test_addresses(url: str, base: str, host: str, is_local: bool) -> None:
    found = parse_address(url)
    assert (found.base, found.host, found.is_local) == (base, host, is_local)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.org", "others can read it"),
        ("http://127.0.0.1.example.org", "others can read it"),
        ("http://0.0.0.0:80", "others can read it"),
        ("localhost:11434", "no web address"),
        ("file:///etc/passwd", "no web address"),
        ("https://", "no web address"),
        ("http://host:port", "no web address"),
        ("https://example.org/v1?key=1", "more than a path"),
        ("https://me:secret@example.org", "password in its address"),
    ],
)
def test_addresses_that_are_refused(url: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        parse_address(url)
    assert caught.value.hint
    assert "secret" not in caught.value.message


def test_a_connection_without_encryption_can_be_allowed() -> None:
    assert not parse_address("http://build-machine:8000", allow_plain_http=True).is_local


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), min_size=1)),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.data(),
)
def test_events_are_found_however_they_are_cut(texts: list[str], end: str, data: st.DataObject) -> None:
    stream = "".join(f": comment{end}data: {text}{end}id: 7{end}{end}" for text in texts).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    reader = EventReader()
    found = []
    for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += reader.feed(stream[start:stop])
    assert [*found, *reader.finish()] == texts


def test_an_event_of_several_lines_and_one_without_an_end() -> None:
    reader = EventReader()
    assert list(reader.feed(b"data: a\ndata:b\n\ndata: last")) == ["a\nb"]
    assert list(reader.finish()) == ["last"]


def test_bytes_that_are_no_events() -> None:
    with pytest.raises(EventError, match="UTF-8"):
        list(EventReader().feed(b"data: \xff"))
    with pytest.raises(EventError, match="without an end"):
        list(EventReader().feed(b"data: " + b"x" * 1_000_001))


def test_chunks() -> None:
    chat = {"choices": [{"delta": {"content": "a"}, "finish_reason": None}], "usage": None}
    assert parse_chunk(json.dumps(chat)) == Chunk("a")
    assert parse_chunk('{"choices":[{"text":"b","finish_reason":"length"}]}') == Chunk("b", "length")
    assert parse_chunk('{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}') == Chunk("", "stop")
    assert parse_chunk('{"choices":[{"text":"\\ud83d"}]}').text == "\ufffd"
    numbers = parse_chunk('{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":-1}}')
    assert (numbers.prompt_tokens, numbers.completion_tokens) == (5, 0)


@pytest.mark.parametrize("data", ["", "nothing", "[]", "{}", '{"choices":["a"]}', "[" * 100_000])
def test_chunks_that_are_none(data: str) -> None:
    with pytest.raises(ChunkError):
        parse_chunk(data)


def test_news_of_a_failure() -> None:
    with pytest.raises(ServerFailure):
        parse_chunk('{"error": {"message": "oops"}}')


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": {"message": "Not  so.\\n"}}', "Not so"),
        (b'{"error": "plain"}', "plain"),
        (b'{"detail": "fast"}', "fast"),
        (b"just text", "just text"),
        (b"<html>page", ""),
        (b"", ""),
        (b"[1]", ""),
        (b"x" * 999, "x" * 300),
    ],
)
def test_what_a_server_says(body: bytes, words: str) -> None:
    assert said(body) == words


@pytest.mark.parametrize("body", [b"", b"[]", b'{"data": 1}', b'{"data": [1, {"id": 2}]}'])
def test_a_list_of_models_that_is_none(body: bytes) -> None:
    assert parse_models(body) == []


@given(st.integers(0, 20_000), st.integers(0, 20_000), st.integers(300, 6_000))
def test_a_prompt_keeps_to_its_room(before: int, after: int, room: int) -> None:
    line = "some_code = another\n"
    prompt = text_prompt(
        FillIn("a.py", "python", line * (before // 20), line * (after // 20)), characters=room
    )
    assert len(prompt.text) + len(prompt.suffix) <= room
    assert prompt.is_trimmed or before + after <= room + 40


def test_a_chat_has_everything_that_fits() -> None:
    passages = (ContextPassage("b.py", 3, "used = 1\n"), ContextPassage("c\n.py", 1, "x" * 5_000))
    instruction = Instruction(
        "Rename it.", "code", "a.py", "python", "first\n", "```\nselected\n```", "last\n", passages
    )
    prompt = chat_prompt(instruction, 4_000)
    assert (prompt.passages, prompt.is_trimmed) == ((0,), False)
    system, user = prompt.messages
    assert "nothing else" in " ".join(system.content.split())
    assert user.content.endswith("````\n```\nselected\n```\n````\n\nRequest: Rename it.")
    for words in ("From b.py:\n```\nused = 1\n```\n", "first\n", "last\n"):
        assert words in user.content
    assert "Markdown" in chat_prompt(Instruction("Why?"), 4_000).messages[0].content


@given(*[st.integers(0, 30_000)] * 3, st.integers(1_500, 9_000))
def test_a_chat_keeps_to_its_room(before: int, selected: int, after: int, room: int) -> None:
    line = "some_code = another\n"
    texts = [line * (length // 20) for length in (before, selected, after)]
    prompt = chat_prompt(Instruction("Why?", "prose", "a.py", "python", *texts), room)
    assert sum(len(message.content) for message in prompt.messages) <= room
    assert prompt.is_trimmed or before + selected + after <= room


def test_what_must_not_be_cut_is_refused() -> None:
    with pytest.raises(CodeassistdError, match="instruction is too long"):
        chat_prompt(Instruction("x" * 5_000), 4_000)
    with pytest.raises(CodeassistdError, match="selection has 5,000 characters"):
        chat_prompt(Instruction("Rename it.", "code", selected="x" * 5_000), 4_000)
