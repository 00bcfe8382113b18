"""Completions are made to fit what stands around the cursor, and right ones are left alone."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.models.trimming import Trimmed, trim_completion

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for folder in ("models", "lsp", "indexer", "daemon", "editor-clients/neovim/lua")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".py", ".lua"}
)


def trim(
    prefix: str, suffix: str, completion: str, *, single_line: bool = False, was_cut: bool = False
) -> Trimmed:
    return trim_completion(prefix, suffix, completion, single_line=single_line, was_cut=was_cut)


def applied(prefix: str, suffix: str, trimmed: Trimmed) -> str:
    return prefix + trimmed.text + suffix[trimmed.replaced :]


@pytest.mark.parametrize(
    ("prefix", "suffix", "completion", "expected"),
    [
        ("foo(", ")\n", "a, b)", "foo(a, b)\n"),
        ("foo(", ")\n", "a, b", "foo(a, b)\n"),
        ("foo(", ")", "bar(x))", "foo(bar(x))"),
        ("foo(", ")\n", "bar(x)", "foo(bar(x))\n"),
        ("foo([", "])\n", "1, 2])", "foo([1, 2])\n"),
        ("foo([", "])\n", "1, 2]", "foo([1, 2])\n"),
        ("if foo(", ")\n", "a):\n    pass", "if foo(a):\n    pass\n"),
        ('print("', '")\n', 'hello")', 'print("hello")\n'),
        ('print("', '")\n', 'hello"', 'print("hello")\n'),
        ("x = {", "}\n", '"a": 1}', 'x = {"a": 1}\n'),
        ("f(a", "\n", "))", "f(a)\n"),
        ("function f() {\n  ", "\n}\n", "return 1;\n}", "function f() {\n  return 1;\n}\n"),
    ],
)
def test_brackets_that_stand_there_are_not_doubled(
    prefix: str, suffix: str, completion: str, expected: str
) -> None:
    assert applied(prefix, suffix, trim(prefix, suffix, completion)) == expected


@pytest.mark.parametrize(
    ("prefix", "suffix", "completion", "expected"),
    [
        ("def f():\n    x = 1\n", "    return x\n", "    x += 1\n    return x\n", "    x += 1\n"),
        ("def f():\n    x = 1\n    ", "\n    return x\n", "x += 1\n    return x\n", "x += 1"),
        ("a = ", "value\n", "other_value\n", "other_"),
        (
            "import os\n",
            "\ndef main():\n    run()\n\n\nmain()\n",
            "import sys\n\ndef main():\n    run()\n\n\nmain()\nmore",
            "import sys\n",
        ),
        ("total = ", " + offset_of_line\n", "base + offset_of_line", "base"),
    ],
)
def test_what_follows_the_cursor_is_not_said_again(
    prefix: str, suffix: str, completion: str, expected: str
) -> None:
    assert trim(prefix, suffix, completion).text == expected


@pytest.mark.parametrize(
    ("prefix", "suffix", "completion"),
    [
        ("a\n", "b\n", ""),
        ("a\n", "b\n", " \n\t\n"),
        ("x = 1\n", "return value\n", "return value\n"),
        ("x = 1\n", "return value\n", "return value"),
        ("x = 1\n    ", "\n\n    return value\n", "return value"),
        ("foo(", ")\n", ")"),
        ("x", "\n", "\ufffd"),
        ("x", "\n", "<|endoftext|>"),
    ],
)
def test_nothing_is_shown_when_nothing_is_new(prefix: str, suffix: str, completion: str) -> None:
    assert trim(prefix, suffix, completion) == Trimmed("")


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("a + b\nnext line", "a + b"),
        ("\n    a + b\nnext line", "\n    a + b"),
        ("a + b", "a + b"),
    ],
)
def test_one_line(completion: str, expected: str) -> None:
    assert trim("x = ", "\n", completion, single_line=True).text == expected


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("one()\n    two()\n    thr", "one()\n    two()"),
        ("one(par", "one(par"),
        ("one()\n", "one()"),
    ],
)
def test_a_part_of_a_line_is_dropped_when_the_text_was_cut(completion: str, expected: str) -> None:
    assert trim("def f():\n    ", "\n", completion, was_cut=True).text == expected


def test_going_round_in_circles_is_said_once() -> None:
    assert trim("", "\n", "start()\n" + "step(one)\nstep(two)\n" * 9, was_cut=True).text == (
        "start()\nstep(one)\nstep(two)"
    )
    assert trim("x = ", "\n", "abc, " * 60, was_cut=True).text == "abc,"


def test_control_tokens_that_are_spelt_out_end_the_text() -> None:
    assert trim("x = ", "\n", "1<|file_sep|>src/other.py\n").text == "1"
    assert trim("x = ", "\n", "1 <EOT>").text == "1"
    assert trim('END = "', '"\n', "<|im_end|>").text == "<|im_end|>", "quoted: the code is about such tokens"
    assert trim("# <|im_end|>\nx = ", "\n", "f(<|im_end|>)").text == "f(<|im_end|>)"


def test_replacement_characters_are_dropped() -> None:
    assert trim("x = ", "\n", "abc\ufffd").text == "abc"


def test_space_at_the_end_of_a_line_is_dropped() -> None:
    assert trim("x = ", "\n", "1   ").text == "1"
    assert trim("x = ", "y\n", "1 + ").text == "1 + "
    assert trim("x = ", "\n\n\ny = 2\n", "1\n\n").text == "1"


def spans(seed: int, number: int) -> list[tuple[str, str, str]]:
    """Places in this project's own code: what stands before, the middle, what stands after."""
    dice = random.Random(seed)
    texts = [path.read_text(encoding="utf-8") for path in SOURCES]
    found = []
    while len(found) < number:
        text = dice.choice(texts)
        if len(text) < 100:
            continue
        start = dice.randrange(len(text) - 1)
        line_end = text.find("\n", start)
        kind = dice.choice(["in a line", "anywhere", "whole lines", "to the line's end"])
        if kind == "in a line":
            end = dice.randint(start + 1, max(start + 1, line_end))
        elif kind == "anywhere":
            end = min(len(text), start + dice.randint(1, 400))
        else:
            start = text.rfind("\n", 0, start) + 1
            lines = text[start:].splitlines(keepends=True)[: dice.randint(1, 8)]
            end = start + len("".join(lines)) - (kind == "to the line's end")
        if text[start:end].strip():
            found.append((text[:start], text[start:end], text[end:]))
    return found


def says_twice(middle: str, suffix: str) -> bool:
    """Whether the text has the same piece twice in a row at the cursor: the limit that the module names."""
    return any(
        suffix.startswith(middle[cut:]) and any(character.isalnum() for character in middle[cut:])
        for cut in range(len(middle))
    ) or all(line in middle for line in [line for line in suffix.splitlines() if line.strip()][:3])


@pytest.mark.parametrize("seed", range(4))
def test_right_completions_are_left_alone(seed: int) -> None:
    """All but one in two thousand, where brackets or quotes inside strings mislead; the code here changes."""
    checked = 0
    wrong = []
    for prefix, middle, suffix in spans(seed, 1000):
        if says_twice(middle, suffix):
            continue
        checked += 1
        single_line = "\n" not in middle
        trimmed = trim(prefix, suffix, middle, single_line=single_line)
        if applied(prefix, suffix, trimmed) != prefix + middle + suffix:
            wrong.append((prefix[-80:], middle, suffix[:80], trimmed))
    assert checked > 900
    assert len(wrong) <= 4, wrong


@pytest.mark.parametrize("seed", range(4))
def test_right_completions_that_run_on_are_cut_where_the_document_goes_on(seed: int) -> None:
    dice = random.Random(seed)
    wrong = []
    checked = 0
    for prefix, middle, suffix in spans(seed, 1000):
        lines = suffix.splitlines(keepends=True)
        more = "".join(lines[: dice.randint(2, 6)])
        if says_twice(middle, suffix) or not any(character.isalnum() for character in more):
            continue
        checked += 1
        trimmed = trim(prefix, suffix, middle + more)
        if applied(prefix, suffix, trimmed) != prefix + middle + suffix:
            wrong.append((prefix[-80:], middle, more))
    assert checked > 850
    assert len(wrong) <= checked / 100, wrong[:3]


@pytest.mark.parametrize("seed", range(2))
def test_what_is_left_of_a_cut_text_is_its_beginning(seed: int) -> None:
    dice = random.Random(seed)
    for prefix, middle, suffix in spans(seed, 500):
        cut = middle[: dice.randint(1, len(middle))]
        trimmed = trim(prefix, suffix, cut, was_cut=True)
        assert middle.startswith(trimmed.text)


TEXTS = st.text(alphabet="ab()[]{}'\"\n ,:\ufffd", max_size=60)


@given(prefix=TEXTS, suffix=TEXTS, completion=TEXTS, single_line=st.booleans(), was_cut=st.booleans())
def test_any_text_is_taken(
    prefix: str, suffix: str, completion: str, single_line: bool, was_cut: bool
) -> None:
    trimmed = trim(prefix, suffix, completion, single_line=single_line, was_cut=was_cut)
    assert completion.replace("\ufffd", "").startswith(trimmed.text)
    assert "\n" not in suffix[: trimmed.replaced]
    assert trimmed.replaced <= len(suffix)
    assert trimmed.text == "" or trimmed.text.strip()
