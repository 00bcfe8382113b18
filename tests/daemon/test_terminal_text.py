from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codeassistd.daemon.cli.terminal_text import clipped, safe_block, safe_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ascii", "plain ascii"),
        ("naïve 日本語 🙂", "naïve 日本語 🙂"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\nb\rc", "a\\nb\\rc"),
        ("\tif x:", "    if x:"),
        ("a\tb", "a   b"),
        ("\x9b31m", "\\x9b31m"),
        ("user\u202enimda", "user\\u202enimda"),
        ("bad\udcff", "bad\\udcff"),
        ("\U000e0041hidden", "\\U000e0041hidden"),
        ("\x7f\x00", "\\x7f\\x00"),
    ],
)
def test_nothing_in_a_line_can_command_the_terminal(text: str, shown: str) -> None:
    assert safe_line(text) == shown


def test_a_block_keeps_its_lines() -> None:
    assert safe_block("a\n\x1b[2Jb\n\n") == "a\n\\x1b[2Jb\n\n"


@settings(deadline=None, max_examples=300)
@given(st.text(st.characters(), max_size=40))
def test_what_is_shown_has_no_control_character_and_encodes(text: str) -> None:
    shown = safe_line(text)
    assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in shown)
    shown.encode("utf-8")
    assert safe_line(shown) == shown


@pytest.mark.parametrize(
    ("text", "width", "shown"), [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("abcd", 1, "…"), ("", 0, "")]
)
def test_long_lines_are_clipped(text: str, width: int, shown: str) -> None:
    assert clipped(text, width) == shown
