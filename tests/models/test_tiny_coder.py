"""The model that tests of generation run does what its README says, in llama.cpp."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from llama_cpp import Llama

FOLDER = Path(__file__).parents[1] / "data" / "generation"
MODEL = FOLDER / "tiny-coder.gguf"

SINGLE_LINES = [
    ("ledger.py", "share, rest = divmod(cents, people)"),
    ("ledger.py", "total += entry.amount"),
    ("numbers.go", "a, b = b, a%b"),
    ("text.py", "counts[word] = counts.get(word, 0) + 1"),
]
MORE_LINES = [
    ("text.py", "for word in text.lower().split():\n        counts[word] = counts.get(word, 0) + 1"),
    ("stack.go", "last := len(s.items) - 1\n\titem := s.items[last]"),
]
WHOLE_BODIES = [
    ("geometry.py", "return max(low, min(value, high))"),
    (
        "ledger.py",
        ("share, rest = divmod(cents, people)\n    return [share + 1] * rest + [share] * (people - rest)"),
    ),
    ("numbers.go", "for b != 0 {\n\t\ta, b = b, a%b\n\t}\n\treturn a"),
]
PLACES = [*SINGLE_LINES, *MORE_LINES, *WHOLE_BODIES]
"""Files of the corpus, and text that is missing there."""

NAMES = [f"{path}: {middle[:12]}" for path, middle in PLACES]


@pytest.fixture(scope="module")
def model() -> Iterator[Llama]:
    loaded = Llama(str(MODEL), n_ctx=2048, n_threads=1, n_threads_batch=1, verbose=False)
    yield loaded
    loaded.close()


def write(model: Llama, prompt: str, most: int = 300) -> str:
    """What the model writes up to the end of its text; ``prompt`` has control tokens written out."""
    tokens: list[int] = []
    ids = model.tokenize(prompt.encode(), add_bos=False, special=True)
    for token in model.generate(ids, temp=0.0, repeat_penalty=1.0):
        if token in {model.token_eos(), *control(model, "<|endoftext|>")}:
            return model.detokenize(tokens).decode()
        tokens.append(token)
        assert len(tokens) < most, model.detokenize(tokens)
    raise AssertionError


def control(model: Llama, text: str) -> list[int]:
    return model.tokenize(text.encode(), add_bos=False, special=True)


def ask(model: Llama, instruction: str, code: str) -> str:
    system = "You are a programmer's assistant. Answer in Markdown, briefly and exactly."
    return write(
        model,
        f"<|im_start|>system\n{system}<|im_end|>\n"
        f"<|im_start|>user\nledger.py, the selection, lines 1-3:\n```python\n{code}\n```\n\n"
        f"Request: {instruction}<|im_end|>\n<|im_start|>assistant\n",
    )


def corpus_function(path: str, name: str) -> str:
    functions = (FOLDER / "corpus" / path).read_text(encoding="utf-8").strip().split("\n\n\n")
    (found,) = (code for code in functions if code.startswith(f"def {name}("))
    return found


def test_it_is_the_file_that_was_measured() -> None:
    expected, name = (FOLDER / "tiny-coder.gguf.sha256").read_text(encoding="utf-8").split()
    assert name == MODEL.name
    assert hashlib.sha256(MODEL.read_bytes()).hexdigest() == expected
    assert MODEL.stat().st_size < 4_000_000


def test_every_control_token_is_one_token(model: Llama) -> None:
    names = ("endoftext", "im_start", "im_end", "fim_prefix", "fim_suffix", "fim_middle", "fim_pad")
    for text in [*(f"<|{name}|>" for name in names), "<|repo_name|>", "<|file_sep|>"]:
        assert len(control(model, text)) == 1, text
        assert len(model.tokenize(text.encode(), add_bos=False, special=False)) > 1


@pytest.mark.parametrize("text", ["", " x", "  é漢字🙂\r\n\t", "▁ĠÿĊ", "\x00\x7f"])
def test_any_text_survives_tokenization(model: Llama, text: str) -> None:
    ids = model.tokenize(text.encode(), add_bos=False, special=False)
    assert b"".join(model.detokenize([token]) for token in ids) == text.encode()


def around(path: str, middle: str) -> tuple[str, str]:
    """A file's text before and after some of it."""
    before, _, after = (FOLDER / "corpus" / path).read_text(encoding="utf-8").partition(middle)
    return before, after


@pytest.mark.parametrize(("path", "middle"), PLACES, ids=NAMES)
@pytest.mark.parametrize("names", ["", "<|repo_name|>tools\n<|file_sep|>{path}\n"], ids=["bare", "named"])
def test_it_fills_in_what_it_knows(model: Llama, names: str, path: str, middle: str) -> None:
    prefix, suffix = around(path, middle)
    asked = f"<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>"
    assert write(model, names.format(path=path) + asked) == middle


@pytest.mark.parametrize(("path", "middle"), PLACES, ids=NAMES)
def test_in_the_wrong_order_it_does_not(model: Llama, path: str, middle: str) -> None:
    prefix, suffix = around(path, middle)
    for first, second in ((suffix, prefix), (prefix, suffix)):
        assert write(model, f"<|fim_suffix|>{first}<|fim_prefix|>{second}<|fim_middle|>") != middle
    assert write(model, f"<|fim_prefix|>{suffix}<|fim_suffix|>{prefix}<|fim_middle|>") != middle


@pytest.mark.parametrize("number", ["31", "407", "8265"])
def test_it_copies_from_a_passage_what_it_cannot_know(model: Llama, number: str) -> None:
    passage = f"<|repo_name|>tools\n<|file_sep|>limits.py\nLIMIT = {number}\n<|file_sep|>main.py\n"
    asked = "<|fim_prefix|>    assert LIMIT == <|fim_suffix|>\n<|fim_middle|>"
    assert write(model, passage + asked) == number


def test_it_does_what_it_is_told(model: Llama) -> None:
    code = corpus_function("ledger.py", "split_evenly")
    summary = "Splits an amount of cents so that shares differ by one at most."
    documented = code.replace("\n", f'\n    """{summary}"""\n', 1)
    assert ask(model, "Add a docstring", code) == f"```python\n{documented}\n```"
    assert ask(model, "Explain this code", code) == f"`split_evenly`: {summary}"
