"""The exact prompt that each family of models is given."""

from __future__ import annotations

import pytest

from codeassistd.models.completion import ContextPassage
from codeassistd.models.prompts import families
from codeassistd.models.prompts.families import fim_format
from codeassistd.models.prompts.fim_layout import FimParts, fim_segments
from codeassistd.models.prompts.model_facts import ModelFacts
from codeassistd.models.prompts.segments import Control, Text, written_out

from .vocabulary import QWEN, facts

STARCODER2 = facts(
    "<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<repo_name>", "<file_sep>", architecture="starcoder2"
)
CODEGEMMA = facts(
    "<|fim_prefix|>",
    "<|fim_suffix|>",
    "<|fim_middle|>",
    "<|file_separator|>",
    architecture="gemma",
    bos="<bos>",
)
DEEPSEEK = facts("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>", bos="<｜begin▁of▁sentence｜>")
CODE_LLAMA = facts("▁<PRE>", "▁<SUF>", "▁<MID>", "▁<EOT>", bos="<s>")
CODESTRAL = facts("[PREFIX]", "[SUFFIX]", "[MIDDLE]", name="Codestral-22B-v0.1", bos="<s>")
GRANITE = facts(
    "<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<fim_pad>", "<reponame>", architecture="granite"
)
GRANITE_4 = facts(
    "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|fim_pad|>", architecture="granitehybrid"
)
GLM = facts("<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>", architecture="glm4moe")
PLAIN = facts("<|im_start|>", name="Tiny", bos="<s>")

ALONE = FimParts(prefix="def f(a):\n    ", suffix="\n\nf(1)\n")
AMONG_FILES = FimParts(
    prefix="x = ",
    suffix="\n",
    path="src/b.py",
    language="python",
    workspace="shop",
    passages=(ContextPassage("lib/far.py", 3, "far = 1\n"), ContextPassage("lib/near.py", 9, "near = 2\n")),
)


def prompt(model: ModelFacts, parts: FimParts) -> str:
    return written_out(fim_segments(fim_format(model), parts))


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (QWEN, "<|fim_prefix|>def f(a):\n    <|fim_suffix|>\n\nf(1)\n<|fim_middle|>"),
        (STARCODER2, "<fim_prefix>def f(a):\n    <fim_suffix>\n\nf(1)\n<fim_middle>"),
        (CODEGEMMA, "<bos><|fim_prefix|>def f(a):\n    <|fim_suffix|>\n\nf(1)\n<|fim_middle|>"),
        (
            DEEPSEEK,
            "<｜begin▁of▁sentence｜><｜fim▁begin｜>def f(a):\n    <｜fim▁hole｜>\n\nf(1)\n<｜fim▁end｜>",
        ),
        (CODE_LLAMA, "<s><PRE> def f(a):\n     <SUF>\n\nf(1)\n <MID>"),
        (CODESTRAL, "<s>[SUFFIX]\n\nf(1)\n[PREFIX]def f(a):\n    "),
        (GRANITE, "<fim_prefix>def f(a):\n    <fim_suffix>\n\nf(1)\n<fim_middle>"),
        (GRANITE_4, "<|fim_prefix|>def f(a):\n    <|fim_suffix|>\n\nf(1)\n<|fim_middle|>"),
        (GLM, "<|code_prefix|>def f(a):\n    <|code_suffix|>\n\nf(1)\n<|code_middle|>"),
        (PLAIN, "<s>def f(a):\n    "),
    ],
)
def test_a_file_alone(model: ModelFacts, expected: str) -> None:
    assert prompt(model, ALONE) == expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (
            QWEN,
            (
                "<|repo_name|>shop\n<|file_sep|>lib/far.py\nfar = 1\n<|file_sep|>lib/near.py\nnear = 2\n"
                "<|file_sep|>src/b.py\n<|fim_prefix|>x = <|fim_suffix|>\n<|fim_middle|>"
            ),
        ),
        (
            STARCODER2,
            (
                "<repo_name>shop<file_sep>lib/far.py\nfar = 1\n<file_sep>lib/near.py\nnear = 2\n"
                "<file_sep><fim_prefix>src/b.py\nx = <fim_suffix>\n<fim_middle>"
            ),
        ),
        (
            CODEGEMMA,
            (
                "<bos>lib/far.py\nfar = 1\n<|file_separator|>lib/near.py\nnear = 2\n"
                "<|file_separator|>src/b.py\n<|fim_prefix|>x = <|fim_suffix|>\n<|fim_middle|>"
            ),
        ),
        (
            CODESTRAL,
            (
                "<s>[SUFFIX]\n[PREFIX]+++++ lib/far.py\nfar = 1\n\n+++++ lib/near.py\nnear = 2\n\n"
                "+++++ src/b.py\nx = "
            ),
        ),
        (
            GRANITE,
            (
                "<fim_prefix># lib/far.py\n# far = 1\n\n# lib/near.py\n# near = 2\n\n"
                "# src/b.py\nx = <fim_suffix>\n<fim_middle>"
            ),
        ),
        (
            CODE_LLAMA,
            "<s><PRE> # lib/far.py\n# far = 1\n\n# lib/near.py\n# near = 2\n\n# src/b.py\nx =  <SUF>\n <MID>",
        ),
        (PLAIN, "<s># lib/far.py\n# far = 1\n\n# lib/near.py\n# near = 2\n\n# src/b.py\nx = "),
    ],
)
def test_a_file_among_others(model: ModelFacts, expected: str) -> None:
    assert prompt(model, AMONG_FILES) == expected


def test_the_space_before_code_llamas_suffix_is_the_tokens_own() -> None:
    segments = fim_segments(fim_format(CODE_LLAMA), FimParts("p", "s"))
    assert segments == (
        Control(104, "<s>"),
        Control(100, "<PRE>"),
        Text(" p"),
        Control(101, " <SUF>"),
        Text("s"),
        Control(102, " <MID>"),
    )


@pytest.mark.parametrize(
    ("model", "family"),
    [
        (QWEN, families.QWEN_CODER),
        (STARCODER2, families.STARCODER2),
        (CODEGEMMA, families.CODEGEMMA),
        (DEEPSEEK, families.DEEPSEEK_CODER),
        (CODE_LLAMA, families.CODE_LLAMA),
        (CODESTRAL, families.CODESTRAL),
        (GRANITE, families.GRANITE),
        (GRANITE_4, families.GRANITE_4),
        (GLM, families.GLM),
        (PLAIN, families.PLAIN),
        (facts("[PREFIX]", "[SUFFIX]", "[MIDDLE]", name="Mistral 7B Instruct v0.3"), families.PLAIN),
        (facts("<PRE>", "<SUF>", "<MID>"), families.CODE_LLAMA),
        (facts("<|fim_prefix|>", "<|fim_suffix|>"), families.PLAIN),
    ],
)
def test_the_vocabulary_tells_the_family(model: ModelFacts, family: families.FimFamily) -> None:
    assert fim_format(model).family is family


def test_metadata_may_name_tokens_that_nobody_knows() -> None:
    model = facts(
        "@pre", "@suf", "@mid", "@sep", fim={"pre": "@pre", "suf": "@suf", "mid": "@mid", "sep": "@sep"}
    )
    assert fim_format(model).family is families.UNNAMED
    assert prompt(model, ALONE) == "@predef f(a):\n    @suf\n\nf(1)\n@mid"
    assert "@seplib/far.py\nfar = 1\n@sep" in prompt(model, AMONG_FILES)


def test_metadata_counts_more_than_known_spellings() -> None:
    model = facts(
        *("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "@pre", "@suf", "@mid"),
        fim={"pre": "@pre", "suf": "@suf", "mid": "@mid"},
    )
    assert prompt(model, FimParts("a", "b")) == "@prea@sufb@mid"


def test_a_model_without_such_tokens_says_so() -> None:
    assert fim_format(PLAIN).notice == (
        "Tiny has no fill-in-the-middle tokens: it completes from the text before the cursor alone."
    )
    assert fim_format(facts()).notice.startswith("This model has no")


def test_a_general_model_with_the_coders_vocabulary_says_so() -> None:
    general = facts(
        *("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_sep|>"),
        architecture="qwen2",
        name="Qwen2.5 7B Instruct",
    )
    assert "isn't a coder model" in fim_format(general).notice
    assert fim_format(QWEN).notice == ""


def test_a_path_with_line_breaks_stays_one_line() -> None:
    parts = FimParts("x", "", path="a\nimport os\n.py", passages=(ContextPassage("b\n\x1b.py", 1, "b\n"),))
    assert "a?import os?.py\n" in prompt(QWEN, parts)
    assert "b??.py\n" in prompt(QWEN, parts)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("python", "<fim_prefix># far.py\n# a */ b -->\n\nx<fim_middle>"),
        ("rust", "<fim_prefix>// far.py\n// a */ b -->\n\nx<fim_middle>"),
        ("css", "<fim_prefix>/* far.py */\n/* a * / b --> */\n\nx<fim_middle>"),
        ("html", "<fim_prefix><!-- far.py -->\n<!-- a */ b - -> -->\n\nx<fim_middle>"),
        ("sql", "<fim_prefix>-- far.py\n-- a */ b -->\n\nx<fim_middle>"),
        ("", "<fim_prefix># far.py\n# a */ b -->\n\nx<fim_middle>"),
    ],
)
def test_other_files_are_comments_that_they_cannot_end(language: str, expected: str) -> None:
    parts = FimParts("x", "", language=language, passages=(ContextPassage("far.py", 1, "a */ b -->\n"),))
    assert prompt(GRANITE, parts).replace("<fim_suffix>", "") == expected
