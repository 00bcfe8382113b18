"""The engine on a model that has learned to write: what comes out is what belongs there."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError
from dataclasses import replace
from pathlib import Path

import pytest

from codeassistd.models.backends.llama_cpp_completer import LlamaCompleter
from codeassistd.models.backends.llama_cpp_context import ContextSize
from codeassistd.models.backends.llama_cpp_engine import LlamaEngine
from codeassistd.models.backends.llama_cpp_writing import Watching
from codeassistd.models.completer_selection import CompleterRequest, load_completer
from codeassistd.models.completion import ContextPassage, FillIn, Sampling
from codeassistd.models.prompts.segments import Control, Segment, Text

DATA = Path(__file__).parents[2] / "data" / "generation"
MODEL = DATA / "tiny-coder.gguf"
SAMPLING = Sampling(max_tokens=80)
PLACES = [
    ("text.py", "counts[word] = counts.get(word, 0) + 1"),
    ("text.py", "for word in text.lower().split():\n        counts[word] = counts.get(word, 0) + 1"),
    (
        "text.py",
        (
            "letters = [letter for letter in phrase.lower() if letter.isalpha()]\n"
            "    return letters == letters[::-1]"
        ),
    ),
]
"""Files that the model knows, and text that is missing there: a line, several, a whole function."""


def around(path: str, middle: str) -> tuple[str, str]:
    """A file's text before and after some of it."""
    before, _, after = (DATA / "corpus" / path).read_text(encoding="utf-8").partition(middle)
    return before, after


@pytest.fixture(scope="module")
def engine() -> Iterator[LlamaEngine]:
    engine = LlamaEngine(MODEL, "tiny-coder", ContextSize(1024, 128, 1))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def completer() -> Iterator[LlamaCompleter]:
    completer = load_completer(CompleterRequest(str(MODEL), threads=1)).completer
    yield completer
    completer.close()


def _token(engine: LlamaEngine, text: str) -> Control:
    token = engine.facts.token_id(text)
    assert token is not None
    return Control(token, text)


@pytest.mark.parametrize(("path", "middle"), PLACES)
def test_a_known_function_is_completed_in_the_right_order_alone(
    engine: LlamaEngine, path: str, middle: str
) -> None:
    prefix, suffix = around(path, middle)
    begin, hole, end = (_token(engine, f"<|fim_{name}|>") for name in ("prefix", "suffix", "middle"))
    right: tuple[Segment, ...] = (begin, Text(prefix), hole, Text(suffix), end)
    wrong: tuple[Segment, ...] = (hole, Text(suffix), begin, Text(prefix), end)
    exchanged: tuple[Segment, ...] = (begin, Text(suffix), hole, Text(prefix), end)
    spelled = tuple(Text(part.text) for part in right)
    for guesses in (True, False):
        assert engine.write(right, replace(SAMPLING, guesses=guesses), Watching()).text == middle
    for other in (wrong, exchanged, spelled):
        assert engine.write(other, SAMPLING, Watching()).text != middle


@pytest.mark.parametrize(("path", "middle"), PLACES)
def test_the_completer_asks_as_the_model_was_taught(
    completer: LlamaCompleter, path: str, middle: str
) -> None:
    for workspace in ("", "tools"):
        asked = FillIn(path, "", *around(path, middle), workspace=workspace)
        written = completer.complete(asked, SAMPLING)
        assert (written.text, written.finish_reason) == (middle, "stop")


@pytest.mark.parametrize("number", ["31", "407", "8265"])
def test_a_passage_changes_what_is_written(completer: LlamaCompleter, number: str) -> None:
    passage = ContextPassage("limits.py", 1, f"LIMIT = {number}\n")
    asked = FillIn("main.py", "python", "    assert LIMIT == ", "\n", (passage,), "tools")
    assert completer.complete(asked, SAMPLING).text == number
    assert completer.complete(replace(asked, passages=()), SAMPLING).text != number


def test_a_rule_ends_what_the_model_would_go_on_with(completer: LlamaCompleter) -> None:
    path, middle = PLACES[1]
    asked = FillIn(path, "", *around(path, middle), workspace="tools")
    first, _, _ = middle.partition("\n")
    one_line = completer.complete(asked, replace(SAMPLING, single_line=True))
    assert (one_line.text, one_line.finish_reason) == (first, "stop")
    assert completer.complete(asked, replace(SAMPLING, stop=("\n        counts",))).text == first
    cut = completer.complete(asked, replace(SAMPLING, max_tokens=4))
    assert cut.finish_reason == "length"
    assert 0 < len(cut.text) < len(first)
    assert middle.startswith(cut.text)


def test_what_was_read_is_known_and_a_cancelled_text_leaves_nothing_behind(
    completer: LlamaCompleter,
) -> None:
    path, middle = PLACES[2]
    prefix, suffix = around(path, middle)
    asked = FillIn(path, "", prefix, suffix, workspace="tools")
    pieces: list[str] = []
    with pytest.raises(CancelledError):
        completer.complete(asked, SAMPLING, pieces.append, lambda: len(pieces) >= 3)
    assert middle.startswith("".join(pieces))
    again = completer.complete(asked, SAMPLING)
    assert again.text == middle
    assert again.usage.cached_tokens > again.usage.prompt_tokens / 2
    typed = middle[: middle.index("return")]
    further = completer.complete(replace(asked, prefix=prefix + typed), SAMPLING)
    assert further.text == middle.removeprefix(typed)
    assert 0 < further.usage.cached_tokens < further.usage.prompt_tokens


def test_writing_again_what_stands_in_the_prompt_is_mostly_guessed(engine: LlamaEngine) -> None:
    path, middle = PLACES[0]
    prefix, suffix = around(path, middle)
    begin, hole, end = (_token(engine, f"<|fim_{name}|>") for name in ("prefix", "suffix", "middle"))
    prompt = (begin, Text(prefix + middle + suffix + "\n\n" + prefix), hole, Text(suffix), end)
    with_guesses = engine.write(prompt, SAMPLING, Watching())
    without = replace(SAMPLING, guesses=False)
    assert with_guesses.text == engine.write(prompt, without, Watching()).text == middle
    assert with_guesses.usage.guessed_tokens > with_guesses.usage.completion_tokens / 2
