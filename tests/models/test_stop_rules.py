"""Completions end when writing on is pointless."""

from __future__ import annotations

import pytest

from codeassistd.models.stop_rules import stop_rule


@pytest.mark.parametrize(
    ("prefix", "suffix", "text", "kept"),
    [
        ("x = ", "\n", "1\n", "1"),
        ("x = ", "\n", "\n    1\n", "\n    1"),
        ("x = ", "\n", "1", None),
        ("x = ", "\n", "\n", None),
    ],
)
def test_one_line_is_enough(prefix: str, suffix: str, text: str, kept: str | None) -> None:
    place = stop_rule(prefix, suffix, single_line=True)(text)
    assert (None if place is None else text[:place]) == kept


@pytest.mark.parametrize(
    ("prefix", "suffix", "text", "kept"),
    [
        ("a()\n", "return compute(a)\n\ndef other():\n", "b()\nreturn compute(a)\n\ndef other():\n", "b()\n"),
        ("a()\n", "return compute(a)\n\ndef other():\n", "b()\nreturn compute(a)\n", None),
        ("a()\n", "x\ny\n", "x\ny\n", None),
        ("def f():\n    ", "\n", "one()\n    two()\n\n\ndef g():\n", "one()\n    two()\n\n"),
        ("def f():\n    ", "\n", "one()\n    two()\n\n\ndef g(", None),
        ("def f():\n    if x:\n        ", "\n", "one()\n    else:\n        two()\n", None),
        ("function f() {\n  ", "\n", "one();\n}\n", None),
        ("def f(x):", "\n", "\n    return x\n", None),
    ],
)
def test_what_is_done_is_done(prefix: str, suffix: str, text: str, kept: str | None) -> None:
    place = stop_rule(prefix, suffix, single_line=False)(text)
    assert (None if place is None else text[:place]) == kept


def test_no_rule_ends_a_text_before_its_block_is_done() -> None:
    prefix, middle, suffix = (
        "class A:\n    def f(self):\n        ",
        "a = 1\n        return a\n",
        "\n    def g(self):\n",
    )
    rule = stop_rule(prefix, suffix, single_line=False)
    assert [rule(middle[:end]) for end in range(len(middle) + 1)] == [None] * (len(middle) + 1)
