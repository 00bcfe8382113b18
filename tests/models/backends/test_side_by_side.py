"""A completion for somebody who types beside an instruction: served at once, and neither text is another."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path

import pytest

from codeassistd.models.backends.llama_cpp_context import ContextSize
from codeassistd.models.backends.llama_cpp_engine import LlamaEngine
from codeassistd.models.backends.llama_cpp_writing import Watching
from codeassistd.models.completion import Completion, Sampling
from codeassistd.models.prompts.segments import Text

from ..tiny_gguf import write_tiny

TYPED = "def add(a, b):\n    return a + b\n\ndef sub(a, b):\n    return"
ASKED = "Explain it.\n"
SHORT, LONG = Sampling(max_tokens=12, guesses=False), Sampling(max_tokens=300, guesses=False)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("gguf") / "long.gguf", context=8_192)


@pytest.fixture
def engine(model: Path) -> Iterator[LlamaEngine]:
    made = LlamaEngine(model, "tiny", ContextSize(8_192, 128, 1), typing_tokens=512)
    yield made
    made.close()


def typed(engine: LlamaEngine, text: str = TYPED, watching: Watching | None = None) -> Completion:
    return engine.write((Text(text),), SHORT, watching or Watching(), is_typing=True)


def asked(engine: LlamaEngine, text: str = ASKED, watching: Watching | None = None) -> Completion:
    return engine.write((Text(text),), LONG, watching or Watching())


def test_both_have_room_of_their_own(engine: LlamaEngine) -> None:
    assert (engine.context_tokens, engine.typing_tokens) == (8_192, 512)


def test_neither_makes_the_model_forget_the_other(engine: LlamaEngine) -> None:
    first, instruction = typed(engine), asked(engine)
    again, instructed_again = typed(engine, TYPED + " a"), asked(engine)
    assert again.usage.cached_tokens >= first.usage.prompt_tokens - 1
    assert instructed_again.usage.cached_tokens == instruction.usage.prompt_tokens - 1
    assert instructed_again.text == instruction.text


def test_a_completion_is_served_while_an_instruction_is_written(engine: LlamaEngine) -> None:
    alone, completed = asked(engine).text, typed(engine).text
    begun, pieces, served = threading.Event(), [], []

    def on_text(piece: str) -> None:
        pieces.append(piece)
        begun.set()
        served.append(len(texts))

    texts: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        instruction = pool.submit(asked, engine, ASKED, Watching(on_text, cancelled=lambda: False))
        begun.wait()
        texts += [typed(engine).text for _ in range(3)]
        at = len(pieces)
        found = instruction.result()
    assert texts == [completed] * 3
    assert found.text == alone == "".join(pieces)
    assert at < len(pieces), "three completions came before the instruction was done"


def test_reading_an_instruction_gives_way(engine: LlamaEngine) -> None:
    prompt = "x = y\n" * 1_000
    alone = asked(engine, prompt).text
    engine._context.keep(0)
    polls = threading.Event()
    done: list[str] = []

    def cancelled() -> bool:
        polls.set()
        return False

    with ThreadPoolExecutor(1) as pool:
        instruction = pool.submit(asked, engine, prompt, Watching(done.append, cancelled))
        polls.wait()
        completed = [typed(engine, TYPED + " " * number).text for number in range(4)]
        before_it = not done
        found = instruction.result()
    assert before_it
    assert found.text == alone
    engine._typing.keep(0)
    assert completed == [typed(engine, TYPED + " " * number).text for number in range(4)]


@pytest.mark.parametrize("prompt", [ASKED, "x = y\n" * 1_000])
def test_an_instruction_that_waits_for_its_turn_is_cancelled(engine: LlamaEngine, prompt: str) -> None:
    stop, entered, leave = threading.Event(), threading.Event(), threading.Event()

    def hold(_text: str) -> None:
        entered.set()
        leave.wait(30)

    with ThreadPoolExecutor(2) as pool:
        typing = pool.submit(typed, engine, TYPED, Watching(hold))
        entered.wait()
        instruction = pool.submit(asked, engine, prompt, Watching(cancelled=stop.is_set))
        stop.set()
        assert isinstance(instruction.exception(30), CancelledError)
        leave.set()
        assert typing.result().usage.completion_tokens == 12
