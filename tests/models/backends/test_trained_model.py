"""The engine on a model that has learned to write: what comes out is what belongs there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from codeassistd.models.backends.llama_cpp_context import ContextSize
from codeassistd.models.backends.llama_cpp_engine import LlamaEngine
from codeassistd.models.backends.llama_cpp_writing import Watching
from codeassistd.models.completer_selection import CompleterRequest, load_completer
from codeassistd.models.completion import FillIn, Sampling
from codeassistd.models.prompts.segments import Control, Segment, Text

MODEL = Path(__file__).parents[2] / "data" / "generation" / "tiny-coder.gguf"
SAMPLING = Sampling(max_tokens=80)
FUNCTIONS = [
    ("def clamp(value, low, high):\n    return ", "max(low, min(value, high))", "\n"),
    (
        "func Gcd(a, b int) int {\n\tfor b != 0 {\n",
        "\t\ta, b = b, a%b\n\t}\n\treturn a",
        "\n}\n",
    ),
]


@pytest.fixture(scope="module")
def engine() -> Iterator[LlamaEngine]:
    engine = LlamaEngine(MODEL, "tiny-coder", ContextSize(1024, 128, 1))
    yield engine
    engine.close()


def _token(engine: LlamaEngine, text: str) -> Control:
    token = engine.facts.token_id(text)
    assert token is not None
    return Control(token, text)


@pytest.mark.parametrize(("prefix", "middle", "suffix"), FUNCTIONS)
def test_a_known_function_is_completed_in_the_right_order_alone(
    engine: LlamaEngine, prefix: str, middle: str, suffix: str
) -> None:
    begin, hole, end = (_token(engine, f"<|fim_{name}|>") for name in ("prefix", "suffix", "middle"))
    right: tuple[Segment, ...] = (begin, Text(prefix), hole, Text(suffix), end)
    wrong: tuple[Segment, ...] = (hole, Text(suffix), end, Text(prefix), begin)
    spelled = tuple(Text(part.text) for part in right)
    for guesses in (True, False):
        assert engine.write(right, replace(SAMPLING, guesses=guesses), Watching()).text == middle
    assert engine.write(wrong, SAMPLING, Watching()).text != middle
    assert engine.write(spelled, SAMPLING, Watching()).text != middle


@pytest.mark.parametrize(("prefix", "middle", "suffix"), FUNCTIONS)
def test_the_completer_asks_as_the_model_was_taught(prefix: str, middle: str, suffix: str) -> None:
    completer = load_completer(CompleterRequest(str(MODEL), threads=1)).completer
    written = completer.complete(FillIn("", "", prefix, suffix), SAMPLING)
    assert (written.text, written.finish_reason) == (middle, "stop")
    completer.close()


def test_writing_again_what_stands_in_the_prompt_is_mostly_guessed(engine: LlamaEngine) -> None:
    prefix, middle, suffix = FUNCTIONS[0]
    begin, hole, end = (_token(engine, f"<|fim_{name}|>") for name in ("prefix", "suffix", "middle"))
    prompt = (begin, Text(prefix + middle + suffix + prefix), hole, Text(suffix), end)
    with_guesses = engine.write(prompt, SAMPLING, Watching())
    without = replace(SAMPLING, guesses=False)
    assert with_guesses.text == engine.write(prompt, without, Watching()).text
    if middle in with_guesses.text:
        assert with_guesses.usage.guessed_tokens > with_guesses.usage.completion_tokens / 2
