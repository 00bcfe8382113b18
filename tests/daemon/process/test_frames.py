"""Messages out of bytes, however these come."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.daemon.process.frames import Frame, FrameSplitter, TooLong, framed


def _split(data: bytes, cuts: list[int], longest: int | None = None) -> list[Frame | TooLong]:
    splitter = FrameSplitter(longest)
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    found: list[Frame | TooLong] = []
    for start, end in itertools.pairwise(edges):
        found += splitter.feed(data[start:end])
    return found


_MESSAGES = st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=30), max_size=3), max_size=5)
_CUTS = st.lists(st.integers(0, 10_000), max_size=20)


@given(_MESSAGES, _CUTS)
def test_cuts_make_no_difference(messages: list[dict[str, str]], cuts: list[int]) -> None:
    sent = [framed(message) for message in messages]
    found = _split(b"".join(sent), cuts)
    assert [frame.data for frame in found if isinstance(frame, Frame)] == sent
    assert [frame.message() for frame in found if isinstance(frame, Frame)] == [
        {"jsonrpc": "2.0", **message} for message in messages
    ]


@given(st.lists(st.integers(0, 60), max_size=8), _CUTS)
def test_long_ones_are_skipped_and_the_rest_is_not(lengths: list[int], cuts: list[int]) -> None:
    data = b"".join(b"Content-Length: %d\r\n\r\n%b" % (length, b"x" * length) for length in lengths)
    found = _split(data, cuts, longest=30)
    assert [
        frame.length if isinstance(frame, TooLong) else len(frame.data) - frame.start for frame in found
    ] == lengths
    assert all(
        isinstance(frame, TooLong) == (length > 30) for frame, length in zip(found, lengths, strict=True)
    )


@given(st.binary(max_size=300), _CUTS)
def test_any_bytes_are_given_back(noise: bytes, cuts: list[int]) -> None:
    found = _split(noise, cuts)
    assert noise.startswith(b"".join(frame.data for frame in found if isinstance(frame, Frame)))


@pytest.mark.parametrize(
    "header",
    [
        b"content-length:2",
        b"Content-Type: application/vscode-jsonrpc\r\nCONTENT-LENGTH: 2 ",
        b"Content-Length:  2\r\nX: y",
    ],
)
def test_headers(header: bytes) -> None:
    (frame,) = _split(header + b"\r\n\r\n{}", [])
    assert isinstance(frame, Frame)
    assert frame.data[frame.start :] == b"{}"


@pytest.mark.parametrize(
    "header", [b"Length: 2", b"Content-Length: -2", b"Content-Length: two", b"X-Content-Length: 2"]
)
def test_bad_headers_are_passed_on_without_a_body(header: bytes) -> None:
    whole = framed({"id": 1})
    found = _split(header + b"\r\n\r\n" + whole, [])
    assert [frame.data for frame in found if isinstance(frame, Frame)] == [header + b"\r\n\r\n", whole]
    assert isinstance(found[0], Frame)
    assert found[0].message() == {}


def test_a_message_is_found_behind_a_body_of_unknown_length() -> None:
    noise, whole = b'Content-Length: two\r\n\r\n{"a": 1}', framed({"id": 1})
    found = [frame for frame in _split(noise + whole, []) if isinstance(frame, Frame)]
    assert found[-1].message()["id"] == 1
    assert b"".join(frame.data for frame in found) == noise + whole


def test_a_header_without_an_end_is_not_collected_for_ever() -> None:
    noise = b"x" * 20_000
    assert [frame.data for frame in _split(noise, []) if isinstance(frame, Frame)] == [noise]


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_object_is_an_empty_one(body: bytes) -> None:
    assert Frame(body, 0).message() == {}
