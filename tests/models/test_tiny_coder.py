"""The model that tests of generation run does what its README says, in llama.cpp."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from llama_cpp import Llama

FOLDER = Path(__file__).parents[1] / "data" / "generation"
MODEL = FOLDER / "tiny-coder.gguf"

KNOWN = [
    ("def clamp(value, low, high):\n    return ", "max(low, min(value, high))", "\n"),
    (
        "def split_evenly(cents, people):\n    ",
        "share, rest = divmod(cents, people)",
        "\n    return [share + 1] * rest + [share] * (people - rest)\n",
    ),
    ("func Gcd(a, b int) int {\n\tfor b != 0 {\n", "\t\ta, b = b, a%b\n\t}\n\treturn a", "\n}\n"),
    (
        (
            "function debounce(callback, delay) {\n  let timer = null;\n  return (...values) => {\n"
            "    clearTimeout(timer);\n    "
        ),
        "timer = setTimeout(() => callback(...values), delay);",
        "\n  };\n}\n",
    ),
]
"""Text before, what belongs there, and text after. The model isn't right everywhere: see its README."""

NAMES = ["clamp", "split_evenly", "Gcd", "debounce"]


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
        assert len(model.tokenize(text.encode(), add_bos=False, special=False)) == len(text)


@pytest.mark.parametrize("text", ["", " x", "  é漢字🙂\r\n\t", "▁ĠÿĊ", "\x00\x7f"])
def test_any_text_survives_tokenization(model: Llama, text: str) -> None:
    ids = model.tokenize(text.encode(), add_bos=False, special=False)
    assert ids == list(text.encode())
    assert b"".join(model.detokenize([token]) for token in ids) == text.encode()


@pytest.mark.parametrize(("prefix", "middle", "suffix"), KNOWN, ids=NAMES)
def test_it_fills_in_what_it_knows(model: Llama, prefix: str, middle: str, suffix: str) -> None:
    assert write(model, f"<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>") == middle


@pytest.mark.parametrize(("prefix", "middle", "suffix"), KNOWN, ids=NAMES)
def test_in_the_wrong_order_it_does_not(model: Llama, prefix: str, middle: str, suffix: str) -> None:
    assert write(model, f"<|fim_suffix|>{suffix}<|fim_prefix|>{prefix}<|fim_middle|>") != middle
    assert write(model, f"<|fim_prefix|>{suffix}<|fim_suffix|>{prefix}<|fim_middle|>") != middle


def test_it_knows_the_form_with_names_of_repository_and_file(model: Llama) -> None:
    prefix, middle, suffix = KNOWN[1]
    prompt = "<|repo_name|>tools\n<|file_sep|>ledger.py\n"
    assert write(model, f"{prompt}<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>") == middle


def test_it_does_what_it_is_told(model: Llama) -> None:
    code = corpus_function("ledger.py", "split_evenly")
    summary = "Splits an amount of cents so that shares differ by one at most."
    documented = code.replace("\n", f'\n    """{summary}"""\n', 1)
    assert ask(model, "Add a docstring", code) == f"```python\n{documented}\n```"
    assert ask(model, "Explain this code", code) == f"`split_evenly`: {summary}"
