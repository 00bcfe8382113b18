"""What is shown of a chat model's answer."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.models.prompts.answer import AnswerFilter, answer_text, ended_like


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("x = 1\n", "x = 1\n"),
        ("    x = 1\n    y = 2", "    x = 1\n    y = 2"),
        ("```python\nx = 1\n```", "x = 1"),
        ("```\nx = 1\n\ny = 2\n```\nHope this helps!\n```\nmore\n```", "x = 1\n\ny = 2"),
        ("Here is the code:\n\n```py\n    x = 1\n```\n", "    x = 1"),
        ("Sure! Here's what you asked for.\n\nThe new version:\n```py\nx = 1\n```", "x = 1"),
        ("The replacement:\n~~~\nx\n~~~\n", "x"),
        ("<think>\nLet me ```see```\n</think>\n\n```py\nx = 1\n```", "x = 1"),
        ("<think>\n\n</think>\n\nx = 1", "x = 1"),
        ("<think> for ever", ""),
        ("```py\nx = 1\ny =", "x = 1\ny ="),
        ("````md\n# T\n```sh\nmake\n```\nend\n````", "# T\n```sh\nmake\n```\nend"),
        ("```md\n# T\n```sh\nmake\n```\nend\n```\nbye", "# T\n```sh\nmake\n```\nend"),
        ("Here is nothing", "Here is nothing"),
        ("x = '''\n```\n'''\n", "x = '''\n```\n'''\n"),
        ("", ""),
    ],
)
def test_code(raw: str, expected: str) -> None:
    assert answer_text(raw) == expected


def test_reasoning_that_the_prompt_began() -> None:
    assert answer_text("so it is.\n</think>\n\nx = 1", opens_reasoning=True) == "x = 1"


def test_prose_keeps_its_fences() -> None:
    assert answer_text("<think>hm</think>\n\nHere is:\n```\nx\n```\n", "prose") == "Here is:\n```\nx\n```\n"


def test_text_comes_as_soon_as_it_is_known() -> None:
    part = AnswerFilter()
    assert part.feed("```py\nfirst\n") == "first"
    assert part.feed("second\n``") == "\nsecond"
    assert part.feed("`\n") == ""
    assert part.finish() == ""
    prose = AnswerFilter("prose")
    assert prose.feed("Hel") == "Hel"
    assert prose.feed("lo") == "lo"


PIECES = st.lists(
    st.sampled_from(
        ["<think>", "</think>", "```", "```py", "\n", "\n", "Here is:", "x = 1", "  ", "Sure", "`", "<th"]
    ),
    max_size=30,
)


@given(
    raw=PIECES.map("".join),
    cuts=st.lists(st.integers(0, 100), max_size=12),
    answer=st.sampled_from(["code", "prose"]),
)
def test_how_an_answer_is_cut_into_pieces_does_not_matter(raw: str, cuts: list[int], answer: object) -> None:
    part = AnswerFilter(answer)  # type: ignore[arg-type]
    places = sorted({0, len(raw), *(cut for cut in cuts if cut < len(raw))})
    given_out = "".join(part.feed(raw[a:b]) for a, b in pairwise(places)) + part.finish()
    assert given_out == answer_text(raw, answer)  # type: ignore[arg-type]


@given(code=st.text(alphabet="ab =()\n'", max_size=80))
def test_fenced_code_comes_out_as_it_is(code: str) -> None:
    assert answer_text(f"Here is the code:\n```python\n{code}\n```\n") == code
    assert answer_text(f"```\n{code}\n```") == code


def test_line_breaks_at_the_end_are_the_selections() -> None:
    assert ended_like("x\n\n", "y") == "x"
    assert ended_like("x", "y\n") == "x\n"
    assert ended_like("", "y\n") == ""
