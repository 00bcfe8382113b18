from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as RustTokenizer

from codeassistd.models.errors import CodeassistdError
from codeassistd.models.tokenization import Tokenizer, trim
from codeassistd.models.weights import ModelFiles

MAX_TOKENS = 256
# Pieces that a cut could go wrong between: words, punctuation, special tokens, marks, controls, long words.
pieces = st.sampled_from(
    ["word", "camelCase ", " ", "\n    ", "()", "_", "[SEP]", "[CLS]", "[", "]", "#", "é", "e\u0301",
     "\u0301", "検索", "\x00", "\x1c", "\u200b", "\xa0", "7", "x" * 120, "—", "Я", "ab\x07cd",
     " " * 500, "1", "-"]
)  # fmt: skip
long_texts = st.builds(
    lambda parts, times: "".join(parts) * times,
    st.lists(pieces, min_size=1, max_size=30),
    st.integers(1, 400),
)


@pytest.fixture(scope="module")
def tokenizer(files: ModelFiles) -> Tokenizer:
    return Tokenizer(files.tokenizer, MAX_TOKENS, threads=2)


@pytest.fixture(scope="module")
def reference(files: ModelFiles) -> RustTokenizer:
    reference = RustTokenizer.from_file(str(files.tokenizer))
    reference.no_padding()
    reference.enable_truncation(MAX_TOKENS)
    return reference


@given(text=long_texts)
@example(text="[SEP]" * 600)
@example(text="x" * 5_000 + " tail" * 300)
@example(text=" " * 120_000 + "late words")
@example(text=("\x1c" + "a") * 3_000 + " end")
@settings(deadline=None, max_examples=150)
def test_trimming_changes_no_token_that_the_model_reads(
    tokenizer: Tokenizer, reference: RustTokenizer, text: str
) -> None:
    assert tokenizer.encode([text]) == [reference.encode(text).ids]


@pytest.mark.parametrize(
    "text", ["word " * 1_000_000, "a" * 5_000_000, " " * 5_000_000, "é" * 5_000_000, "(" * 5_000_000]
)
def test_huge_texts_become_small(text: str) -> None:
    assert len(trim(text, MAX_TOKENS)) <= 100_000


def test_longer_texts_than_the_model_reads_are_cut_to_its_limit(tokenizer: Tokenizer) -> None:
    [ids] = tokenizer.encode(["token " * 5_000])
    assert len(ids) == MAX_TOKENS
    assert (ids[0], ids[-1]) == (101, 102)


def test_lone_surrogates_become_question_marks(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode(["a\ud800b"]) == tokenizer.encode(["a?b"])


def test_a_file_that_is_no_tokenizer_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "tokenizer.json"
    broken.write_text("{}")
    with pytest.raises(CodeassistdError, match=r"tokenizer\.json is not a tokenizer file"):
        Tokenizer(broken, MAX_TOKENS, threads=1)
