from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.models.text_stream import TextStream


def _run(
    pieces: list[bytes], *stop: str, single_line: bool = False, is_cut: bool = False
) -> tuple[list[str], str, bool]:
    given_texts: list[str] = []
    stream = TextStream(stop, single_line=single_line, on_text=given_texts.append)
    ended = any(stream.feed(piece) for piece in pieces)
    if not ended:
        stream.finish(is_cut=is_cut)
    return given_texts, stream.text, ended


def test_a_character_that_is_split_appears_whole() -> None:
    data = "a€b".encode()
    assert _run([data[:2], data[2:3], data[3:]]) == (["a", "€b"], "a€b", False)


def test_bytes_that_are_no_text_become_the_replacement_character() -> None:
    assert _run([b"a\xff", b"b\xc3("])[1] == "a\ufffdb\ufffd("


def test_a_character_whose_end_never_comes() -> None:
    assert _run([b"a\xe2\x82"])[1] == "a\ufffd"
    assert _run([b"a\xe2\x82"], is_cut=True)[1] == "a"


def test_the_beginning_of_a_stop_string_is_held_back_until_it_is_known_what_it_is() -> None:
    assert _run([b"ab<", b"|e", b"nd|", b">c"], "<|end|>") == (["ab"], "ab", True)
    assert _run([b"ab<", b"|e", b"nx"], "<|end|>") == (["ab", "<|enx"], "ab<|enx", False)
    assert _run([b"ab<", b"|"], "<|end|>") == (["ab", "<|"], "ab<|", False)


def test_the_first_of_several_stop_strings_counts() -> None:
    assert _run([b"one two three"], "three", "two", "")[1:] == ("one ", True)


def test_a_stop_string_in_the_replacement_of_a_cut_character() -> None:
    assert _run([b"ab\xe2"], "\ufffd")[1] == "ab"


@pytest.mark.parametrize(
    ("pieces", "text", "ended"),
    [
        ([b"x = 1\n", b"y"], "x = 1", True),
        ([b"\n  ", b"\n  x", b"\r\ny"], "\n  \n  x", True),
        ([b"\n", b"\n  "], "\n\n  ", False),
        ([b"x\ry"], "x", True),
    ],
)
def test_a_single_line_ends_at_the_break_that_follows_text(
    pieces: list[bytes], text: str, ended: bool
) -> None:
    assert _run(pieces, single_line=True)[1:] == (text, ended)


@given(
    data=st.binary(max_size=60) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "replace")),
    cuts=st.lists(st.integers(0, 60), max_size=20),
    stop=st.lists(st.text(min_size=1, max_size=3), max_size=3),
    single_line=st.booleans(),
)
def test_how_the_bytes_are_cut_makes_no_difference(
    data: bytes, cuts: list[int], stop: list[str], single_line: bool
) -> None:
    places = sorted({0, *(cut for cut in cuts if cut < len(data)), len(data)})
    pieces = [data[start:end] for start, end in pairwise(places)]
    given_texts, text, ended = _run(pieces, *stop, single_line=single_line)
    whole = _run([data], *stop, single_line=single_line)
    assert "".join(given_texts) == text
    assert text.encode("utf-8").decode("utf-8") == text
    assert (text, ended) == whole[1:]
    decoded = data.decode("utf-8", "replace")
    assert decoded.startswith(text)
    if not ended:
        assert text == decoded
