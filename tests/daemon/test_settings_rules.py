from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codeassistd.daemon.settings_rules import Rule, RuleError

FLAG = Rule("flag", "")
INTEGER = Rule("integer", "", minimum=1, maximum=10)
AT_LEAST = Rule("integer", "", minimum=5)
NUMBER = Rule("number", "", maximum=2)
CHOICE = Rule("choice", "", choices=("fast", "slow"))
GLOBS = Rule("globs", "")
URL = Rule("url", "")


@pytest.mark.parametrize(
    ("rule", "value", "kept"),
    [
        (FLAG, True, True),
        (FLAG, False, False),
        (INTEGER, 1, 1),
        (INTEGER, 10, 10),
        (AT_LEAST, 10**12, 10**12),
        (NUMBER, 1, 1.0),
        (NUMBER, 0.5, 0.5),
        (CHOICE, "slow", "slow"),
        (URL, "", ""),
        (URL, "https://hub.example:8443/base", "https://hub.example:8443/base"),
        (GLOBS, [], ()),
        (GLOBS, ["*.py", "!docs/**"], ("*.py", "!docs/**")),
    ],
)
def test_right_values_are_kept(rule: Rule, value: object, kept: object) -> None:
    checked = rule.check(value)
    assert (checked, type(checked)) == (kept, type(kept))


@pytest.mark.parametrize(
    ("rule", "value", "message"),
    [
        (FLAG, 1, "must be true or false; it is 1"),
        (FLAG, "true", "must be true or false; it is 'true'"),
        (INTEGER, 0, "must be a whole number from 1 to 10; it is 0"),
        (INTEGER, 11, "must be a whole number from 1 to 10; it is 11"),
        (INTEGER, 2.0, "must be a whole number from 1 to 10; it is 2.0"),
        (INTEGER, True, "must be a whole number from 1 to 10; it is True"),
        (AT_LEAST, 4, "must be a whole number, at least 5; it is 4"),
        (NUMBER, math.nan, "must be a number from 0 to 2; it is nan"),
        (CHOICE, "medium", "must be one of fast, slow; it is 'medium'"),
        (CHOICE, ["fast"], "must be one of fast, slow; it is ['fast']"),
        (URL, 3, "must be an http or https URL, or empty; it is 3"),
        (URL, "hub.example", "must be an http or https URL, or empty; it is 'hub.example'"),
        (URL, "file:///etc", "must be an http or https URL"),
        (GLOBS, "*.py", "must be a list of glob patterns"),
        (GLOBS, ["*.py", 3], "must be a list of glob patterns"),
        (GLOBS, [" "], "must not hold an empty pattern"),
        (GLOBS, ["../secret"], "must stay inside the workspace: '../secret'"),
        (GLOBS, ["!a\\..\\b"], "must stay inside the workspace"),
        (GLOBS, ["!../b"], "must stay inside the workspace"),
        (GLOBS, ["a\nb"], "must not hold a line break"),
    ],
)
def test_wrong_values_are_refused_with_what_is_allowed(rule: Rule, value: object, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        rule.check(value)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("rule", "text", "value"),
    [
        (FLAG, "TRUE", True),
        (FLAG, " off ", False),
        (FLAG, "1", True),
        (INTEGER, "7", 7),
        (AT_LEAST, "1_000", 1000),
        (NUMBER, "1.5", 1.5),
        (CHOICE, " fast ", "fast"),
        (URL, " http://hub.example ", "http://hub.example"),
        (GLOBS, "*.py, docs/ ,", ("*.py", "docs/")),
        (GLOBS, "", ()),
        (GLOBS, '["a,b", "c"]', ("a,b", "c")),
    ],
)
def test_text_is_read_as_its_rule_means(rule: Rule, text: str, value: object) -> None:
    assert rule.parse(text) == value


@pytest.mark.parametrize(
    ("rule", "text"), [(FLAG, "maybe"), (INTEGER, "ten"), (INTEGER, ""), (NUMBER, "3\nx = 1"), (GLOBS, "[")]
)
def test_text_of_another_kind_is_refused(rule: Rule, text: str) -> None:
    with pytest.raises(RuleError, match="must be"):
        rule.parse(text)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from([FLAG, INTEGER, NUMBER, CHOICE, GLOBS, URL]), st.text(max_size=20))
def test_any_text_gives_a_value_or_a_rule_error(rule: Rule, text: str) -> None:
    try:
        value = rule.parse(text)
    except RuleError:
        return
    assert rule.check(list(value) if isinstance(value, tuple) else value) == value


@pytest.mark.parametrize("value", ["", str(Path("ranker").absolute()), "~/models/ranker"])
def test_a_folder_is_absolute_or_below_the_home(value: str) -> None:
    rule = Rule("folder", "")
    assert rule.check(value) == rule.parse(value) == value


@pytest.mark.parametrize("value", ["ranker", "./ranker", "/models\0", 1, None])
def test_another_folder_breaks_the_rule(value: object) -> None:
    with pytest.raises(RuleError, match="absolute path"):
        Rule("folder", "").check(value)


@pytest.mark.parametrize(
    "value", ["", "Qwen2.5-Coder-0.5B", "owner/name", "/models/coder.gguf", "~/models/my coder.gguf"]
)
def test_a_model_that_writes_is_a_name_or_a_gguf_file(value: str) -> None:
    assert Rule("gguf", "").check(value) == value
    assert Rule("gguf", "").parse(value) == value


@pytest.mark.parametrize("value", ["coder.gguf", "../coder.gguf", "/models/coder.bin", "two words", "-x", 3])
def test_other_things_are_no_model_that_writes(value: object) -> None:
    with pytest.raises(RuleError, match=r"absolute path of a \.gguf file"):
        Rule("gguf", "").check(value)


def test_words_have_no_white_space() -> None:
    rule = Rule("words", "")
    assert rule.check(["markdown", "c++"]) == ("markdown", "c++")
    assert rule.parse("markdown, plaintext") == ("markdown", "plaintext")
    assert rule.parse("[]") == ()
    for wrong in (["two words"], [""], [1], "markdown", ["a\nb"]):
        with pytest.raises(RuleError, match="a list of words"):
            rule.check(wrong)
    assert Rule("word", "").check("OPENAI_API_KEY") == "OPENAI_API_KEY"
    with pytest.raises(RuleError, match="without white space"):
        Rule("word", "").check("two words")


@pytest.mark.parametrize("value", ["all-MiniLM-L6-v2", "owner/name", "/models/my bge", "~/models/bge"])
def test_a_model_that_reads_is_a_name_or_a_folder(value: str) -> None:
    assert Rule("model", "").check(value) == value
    assert Rule("model", "").parse(value) == value


@pytest.mark.parametrize("value", ["", "../bge", "./bge", "two words", "-x", "/models/\0", 3, None])
def test_what_can_be_no_model_is_refused(value: object) -> None:
    with pytest.raises(RuleError, match="absolute path of a model's folder"):
        Rule("model", "").check(value)
