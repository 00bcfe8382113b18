"""The text of a document after changes, against the protocol's own definition of positions."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.daemon.process.open_document import Encoding, OpenDocument

_TEXT = st.text(st.sampled_from(list("ab\r\n\U0001f600é\u2028\x0b中")), max_size=25)
_POSITION = st.tuples(st.integers(0, 8), st.integers(0, 12))
_EDIT = st.tuples(_POSITION, _POSITION, _TEXT)


def _offset(text: str, position: tuple[int, int], encoding: Encoding) -> int:
    """Character offset, counted the slow way: encoded, unit by unit."""
    line, column = position
    ends = [match.span() for match in re.finditer(r"\r\n|\r|\n", text)]
    starts = [0, *(end for _, end in ends)]
    if line >= len(starts):
        return len(text)
    end = ends[line][0] if line < len(ends) else len(text)
    width = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    offset = starts[line]
    while offset < end:
        units = (
            len(text[starts[line] : offset + 1].encode(f"{encoding}-le" if width > 1 else encoding)) // width
        )
        if units > column:
            break
        offset += 1
    return offset


def _item(text: str) -> dict[str, Any]:
    return {"uri": "file:///a", "languageId": "python", "version": 1, "text": text}


def _change(edit: tuple[tuple[int, int], tuple[int, int], str]) -> dict[str, Any]:
    start, end = min(edit[0], edit[1]), max(edit[0], edit[1])
    return {
        "range": {
            "start": {"line": start[0], "character": start[1]},
            "end": {"line": end[0], "character": end[1]},
        },
        "text": edit[2],
    }


@given(_TEXT, st.lists(_EDIT, max_size=6), st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_changes_give_the_editors_text(text: str, edits: list[Any], encoding: Encoding) -> None:
    document = OpenDocument(_item(text))
    for edit in edits:
        start = _offset(text, min(edit[0], edit[1]), encoding)
        end = _offset(text, max(edit[0], edit[1]), encoding)
        text = text[:start] + edit[2] + text[end:]
        document.change(2, [_change(edit)], encoding)
        assert document.text == text


def test_several_changes_at_once_apply_in_order() -> None:
    document = OpenDocument(_item("one\ntwo\n"))
    document.change(7, [{"text": "x\ny"}, _change(((1, 0), (1, 1), "z"))], "utf-16")
    assert document.item() == {**_item("x\nz"), "version": 7}


@pytest.mark.parametrize("change", [{}, {"range": {}}, {"range": {"start": 1, "end": 2}, "text": ""}])
def test_what_is_no_change_raises(change: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError)):
        OpenDocument(_item("a")).change(2, [change], "utf-16")
