"""The answer as it is handed on: without fences and reasoning, its end like that of what it replaces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.models.completion import FillIn, Instruction, Prompt
from codeassistd.models.prompts.answer_writer import AnswerWriter


def written(prompt: Prompt, pieces: list[str], *, opens_reasoning: bool = False) -> tuple[str, list[str]]:
    handed: list[str] = []
    writer = AnswerWriter(prompt, handed.append, opens_reasoning=opens_reasoning)
    for piece in pieces:
        writer.take(piece)
    return writer.end(), handed


@pytest.mark.parametrize(
    ("selected", "raw", "answer"),
    [
        ("a\n", "```python\nx = 1\n```\n", "x = 1\n"),
        ("a", "```python\nx = 1\n```", "x = 1"),
        ("a\n", "x = 1\n\n\n", "x = 1\n"),
        ("a\n", "Here it is:\n```\nx = 1\n\ny = 2\n```\nGood luck!", "x = 1\n\ny = 2\n"),
        ("a\n", "", ""),
    ],
)
def test_code_takes_the_place_of_what_was_selected(selected: str, raw: str, answer: str) -> None:
    prompt = Instruction("do", "code", selected=selected)
    for pieces in ([raw], list(raw)):
        whole, handed = written(prompt, pieces)
        assert (whole, "".join(handed)) == (answer, answer)


def test_prose_and_completions_keep_their_text() -> None:
    assert written(Instruction("do"), ["Use `x`:\n", "```\nx\n```\n"])[0] == "Use `x`:\n```\nx\n```\n"
    assert written(FillIn("a.py", "python", "", ""), ["```\n", "x\n\n"])[0] == "```\nx\n\n"


def test_reasoning_is_left_out() -> None:
    assert written(Instruction("do"), ["hm</think>", "\n\nYes."], opens_reasoning=True)[0].strip() == "Yes."


@given(st.text(alphabet="`\n ab", max_size=40), st.integers(1, 5), st.sampled_from(["", "s", "s\n"]))
def test_pieces_make_no_difference(raw: str, size: int, selected: str) -> None:
    prompt = Instruction("do", "code", selected=selected)
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
    whole, handed = written(prompt, pieces)
    assert whole == "".join(handed) == written(prompt, [raw])[0]


def test_nobody_need_listen() -> None:
    writer = AnswerWriter(Instruction("do"), None)
    writer.take("yes")
    assert writer.end() == "yes"
