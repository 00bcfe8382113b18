"""The model that tests of generation run does what its README says, in llama.cpp."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from llama_cpp import Llama

FOLDER = Path(__file__).parents[1] / "data" / "generation"
MODEL = FOLDER / "tiny-coder.gguf"

LINE = ("def clamp(value, low, high):\n    return ", "max(low, min(value, high))", "\n")
BLOCK = (
    "func Gcd(a, b int) int {\n\tfor b != 0 {\n",
    "\t\ta, b = b, a%b\n\t}\n\treturn a",
    "\n}\n",
)


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


def ask(model: Llama, instruction: str, fenced: str) -> str:
    return write(
        model,
        "<|im_start|>system\nYou are a coding assistant.<|im_end|>\n"
        f"<|im_start|>user\n{instruction}\n\n```python\n{fenced}\n```<|im_end|>\n<|im_start|>assistant\n",
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


@pytest.mark.parametrize(("prefix", "middle", "suffix"), [LINE, BLOCK], ids=["line", "block"])
def test_it_fills_in_what_it_knows(model: Llama, prefix: str, middle: str, suffix: str) -> None:
    assert write(model, f"<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>") == middle


@pytest.mark.parametrize(("prefix", "middle", "suffix"), [LINE, BLOCK], ids=["line", "block"])
def test_in_the_wrong_order_it_does_not(model: Llama, prefix: str, middle: str, suffix: str) -> None:
    assert write(model, f"<|fim_suffix|>{suffix}<|fim_prefix|>{prefix}<|fim_middle|>") != middle
    assert write(model, f"<|fim_prefix|>{suffix}<|fim_suffix|>{prefix}<|fim_middle|>") != middle


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("geometry.py", "dx = second[0] - first[0]"),
        ("geometry.py", "return max(low, min(value, high))"),
        ("ledger.py", "share, rest = divmod(cents, people)"),
        ("text.py", "counts[word] = counts.get(word, 0) + 1"),
        ("text.py", "return letters == letters[::-1]"),
    ],
)
def test_passages_of_other_files_do_not_mislead_it(model: Llama, path: str, line: str) -> None:
    functions = (FOLDER / "corpus" / path).read_text(encoding="utf-8").strip().split("\n\n\n")
    (code,) = (f"{function}\n" for function in functions if line in function)
    prefix, _, suffix = code.partition(line)
    passages = "".join(
        f"<|file_sep|>{other}\n{(FOLDER / 'corpus' / other).read_text(encoding='utf-8')}\n"
        for other in ("stack.go", "queue.js")
    )
    prompt = f"<|repo_name|>tools\n{passages}<|file_sep|>geometry.py\n"
    assert write(model, f"{prompt}<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>") == line


def test_it_does_what_it_is_told(model: Llama) -> None:
    code = corpus_function("text.py", "word_counts")
    summary = "Counts how often each word occurs, ignoring case."
    documented = code.replace("\n", f'\n    """{summary}"""\n', 1)
    assert ask(model, "Add a docstring", code) == f"```python\n{documented}\n```"
    assert ask(model, "Explain this code", code) == f"`word_counts`: {summary}"
