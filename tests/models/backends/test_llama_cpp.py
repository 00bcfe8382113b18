"""The engine against llama.cpp itself, on a model that writes nonsense, but always the same."""

from __future__ import annotations

import json
import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codeassistd.models.backends.llama_cpp_context import ContextSize
from codeassistd.models.backends.llama_cpp_engine import LlamaEngine
from codeassistd.models.backends.llama_cpp_library import LlamaCppError
from codeassistd.models.backends.llama_cpp_writing import Watching
from codeassistd.models.completion import Completion, Sampling
from codeassistd.models.errors import UsageError
from codeassistd.models.prompts.segments import Control, Text

from ..tiny_gguf import write_tiny
from .conftest import MakeEngine

PROMPT = "def add(a, b):\n    return a + b\n\ndef sub(a, b):\n    return"
GREEDY = Sampling(max_tokens=40, guesses=False)
PLAIN = Watching()
JSON = r"""
root ::= "{" space "\"name\":" space string "," space "\"size\":" space number "}"
string ::= "\"" [a-z]{1,8} "\""
number ::= [1-9] [0-9]{0,3}
space ::= " "?
"""


def _write(
    engine: LlamaEngine, prompt: str = PROMPT, sampling: Sampling = GREEDY, watching: Watching = PLAIN
) -> Completion:
    return engine.write((Text(prompt),), sampling, watching)


@pytest.fixture(scope="module")
def shared(tiny: Path) -> LlamaEngine:
    """One for tests that don't care what was asked before; that is the point of some."""
    return LlamaEngine(tiny, "tiny", ContextSize(256, 64, 1))


def test_greedy_text_is_that_of_llama_cpp_python(engine: LlamaEngine, tiny: Path) -> None:
    import llama_cpp

    llama = llama_cpp.Llama(str(tiny), n_ctx=256, n_batch=64, n_threads=1, verbose=False)
    for prompt in (PROMPT, "x", "class é:\n\t"):
        theirs = llama.create_completion(engine.tokenize(prompt), max_tokens=40, temperature=0.0)
        ours = _write(engine, prompt)
        assert ours.text == theirs["choices"][0]["text"]
        assert ours.finish_reason == theirs["choices"][0]["finish_reason"] == "length"
        assert ours.usage.completion_tokens == theirs["usage"]["completion_tokens"] == 40
    llama.close()


def test_guesses_make_no_difference_to_the_text(shared: LlamaEngine) -> None:
    # Written text as the prompt: what the model wrote once it is likely to write again.
    written = _write(shared).text
    guessed = 0
    for prompt in (PROMPT, PROMPT + written, f"{PROMPT}{written}\n{PROMPT}", "ab" * 30):
        for sampling in (GREEDY, replace(GREEDY, temperature=0.8, seed=7)):
            with_guesses = _write(shared, prompt, replace(sampling, guesses=True))
            assert with_guesses.text == _write(shared, prompt, sampling).text
            guessed += with_guesses.usage.guessed_tokens
    assert guessed > 5


def test_what_is_known_of_a_prompt_is_not_computed_again(
    engine: LlamaEngine, make_engine: MakeEngine
) -> None:
    first = _write(engine)
    again = _write(engine)
    longer = _write(engine, PROMPT + " a")
    shorter = _write(engine, PROMPT[:20])
    assert (first.usage.cached_tokens, first.text) == (0, again.text)
    assert again.usage.cached_tokens == again.usage.prompt_tokens - 1
    assert longer.usage.cached_tokens >= first.usage.prompt_tokens
    assert shorter.usage.cached_tokens >= shorter.usage.prompt_tokens - 2
    for prompt, completion in ((PROMPT + " a", longer), (PROMPT[:20], shorter)):
        assert _write(make_engine(), prompt).text == completion.text


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    prompts=st.lists(st.text("ab \n", min_size=1, max_size=80), min_size=1, max_size=4),
    cancel_at=st.integers(1, 12),
)
def test_whatever_happened_before_the_text_is_the_same(
    shared: LlamaEngine, prompts: list[str], cancel_at: int
) -> None:
    for prompt in prompts[:-1]:
        polls = iter(range(100))
        with suppress(CancelledError):
            _write(shared, prompt, GREEDY, Watching(cancelled=lambda polls=polls: next(polls) >= cancel_at))
    warm = _write(shared, prompts[-1], Sampling(max_tokens=8), Watching())
    shared._context.keep(0)
    assert warm.text == _write(shared, prompts[-1], Sampling(max_tokens=8)).text


def test_a_cancelled_completion_ends_within_a_token(engine: LlamaEngine) -> None:
    pieces: list[str] = []
    with pytest.raises(CancelledError):
        _write(engine, watching=Watching(pieces.append, cancelled=lambda: len(pieces) >= 3))
    assert len(pieces) == 3
    assert _write(engine).usage.cached_tokens > 0


def test_a_prompt_is_given_up_while_it_is_read(tmp_path: Path, make_engine: MakeEngine) -> None:
    engine = make_engine(write_tiny(tmp_path / "long.gguf", context=4096), tokens=4096, batch=512)
    prompt, polls = "x = y\n" * 500, iter(range(10**9))
    read: list[int] = []
    with pytest.raises(CancelledError):
        _write(
            engine,
            prompt,
            watching=Watching(
                cancelled=lambda: next(polls) > 3, on_read=lambda tokens, _seconds: read.append(tokens)
            ),
        )
    assert 0 <= len(engine._context.known) < 3000
    assert read == [len(engine._context.known)], "the speed is learned even so"
    before = len(engine._context.known)
    done = _write(engine, prompt, Sampling(max_tokens=3))
    assert done.usage.cached_tokens == before
    engine._context.keep(0)
    assert _write(engine, prompt, Sampling(max_tokens=3)).text == done.text


def test_who_waits_for_another_request_can_give_up(engine: LlamaEngine) -> None:
    entered, leave = threading.Event(), threading.Event()

    def hold(_text: str) -> None:
        entered.set()
        leave.wait()

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(_write, engine, PROMPT, GREEDY, Watching(hold))
        entered.wait()
        with pytest.raises(CancelledError):
            _write(engine, "y", GREEDY, Watching(cancelled=lambda: True))
        leave.set()
        assert first.result().usage.completion_tokens == 40


def test_pieces_are_the_text(engine: LlamaEngine) -> None:
    pieces: list[str] = []
    completion = _write(engine, watching=Watching(pieces.append))
    assert "".join(pieces) == completion.text
    assert len(pieces) > 10


def test_an_error_of_the_listener_leaves_the_engine_usable(engine: LlamaEngine) -> None:
    def fail(_text: str) -> None:
        raise ValueError("no more")

    expected = _write(engine).text
    with pytest.raises(ValueError, match="no more"):
        _write(engine, watching=Watching(fail))
    assert _write(engine).text == expected


def test_temperature_follows_the_seed(shared: LlamaEngine) -> None:
    warm = Sampling(max_tokens=20, temperature=2.0, seed=1)
    texts = {_write(shared, sampling=replace(warm, seed=seed)).text for seed in range(4)}
    assert len(texts) > 2
    assert _write(shared, sampling=warm).text == _write(shared, sampling=warm).text
    narrow = replace(warm, top_p=1e-6)
    assert _write(shared, sampling=narrow).text == _write(shared, sampling=Sampling(max_tokens=20)).text


def test_stop_strings_and_rules(shared: LlamaEngine) -> None:
    whole = _write(shared).text
    stopped = _write(shared, sampling=replace(GREEDY, stop=(whole[5:8],)))
    assert (stopped.text, stopped.finish_reason) == (whole[: whole.index(whole[5:8])], "stop")
    ruled = _write(shared, watching=Watching(stop_rule=lambda text: 4 if len(text) >= 6 else None))
    assert (ruled.text, ruled.finish_reason) == (whole[:4], "stop")
    pieces: list[str] = []
    given = _write(
        shared, watching=Watching(pieces.append, stop_rule=lambda text: 4 if len(text) >= 6 else None)
    )
    assert "".join(pieces) == given.text == whole[: len(given.text)]
    assert 4 <= len(given.text) <= 6
    nothing = _write(shared, sampling=Sampling(max_tokens=0))
    assert (nothing.text, nothing.finish_reason, nothing.usage.completion_tokens) == ("", "length", 0)


@pytest.mark.parametrize("temperature", [0.0, 1.5])
@pytest.mark.parametrize("seed", range(4))
def test_a_grammar_is_obeyed(shared: LlamaEngine, temperature: float, seed: int) -> None:
    sampling = Sampling(max_tokens=80, temperature=temperature, seed=seed, grammar=JSON)
    completion = _write(shared, f"{seed}", sampling, Watching())
    assert completion.finish_reason == "stop"
    document = json.loads(completion.text)
    assert document["name"].islower()
    assert isinstance(document["size"], int)
    assert _write(shared, f"{seed}", sampling).text == completion.text


@pytest.mark.parametrize(
    "grammar", ["root ::= (", "nothing", 'start ::= "a"', "root ::= root", "root ::= missing"]
)
def test_a_wrong_grammar_is_an_error(shared: LlamaEngine, grammar: str) -> None:
    with pytest.raises(UsageError, match="grammar is wrong"):
        _write(shared, sampling=replace(GREEDY, grammar=grammar))
    assert _write(shared).text


def test_a_full_context_ends_the_text(engine: LlamaEngine) -> None:
    prompt = "ab" * 115
    room = 256 - len(engine.tokenize(prompt))
    for guesses in (False, True):
        completion = _write(engine, prompt, Sampling(max_tokens=500, guesses=guesses))
        assert completion.finish_reason == "length"
        assert completion.usage.completion_tokens == room + 1
    with pytest.raises(UsageError, match="256 tokens of context"):
        _write(engine, "ab" * 200)
    with pytest.raises(UsageError, match="0 tokens"):
        engine.write((), GREEDY, PLAIN)


def test_control_tokens_come_from_segments_alone(engine: LlamaEngine) -> None:
    facts = engine.facts
    start = facts.token_id("<|im_start|>")
    assert start is not None
    assert facts.token_text(start) == "<|im_start|>"
    assert facts.token_id("return") is None
    assert facts.token_id("<|no_such|>") is None
    assert (facts.token_text(-1), facts.token_text(10**6)) == ("", "")
    assert start not in engine.tokenize("<|im_start|>")
    assert set(facts.fim_ids) == {"pre", "suf", "mid", "pad", "rep", "sep"}
    assert (facts.bos_id, facts.eos_id, facts.add_bos, facts.architecture) == (1, 2, True, "llama")
    marked = engine.write((Control(start, "<|im_start|>"), Text("user")), GREEDY, PLAIN)
    assert marked.usage.prompt_tokens == 1 + len(engine.tokenize("user"))


@given(text=st.text(max_size=60))
@settings(max_examples=50, deadline=None)
def test_tokens_are_the_text_and_nothing_else(shared: LlamaEngine, text: str) -> None:
    pieces = b"".join(shared._model.piece(token) for token in shared.tokenize(text))
    assert pieces == text.encode("utf-8", "replace")


def test_a_closed_engine_says_so(engine: LlamaEngine) -> None:
    engine.close()
    engine.close()
    with pytest.raises(LlamaCppError, match="closed"):
        _write(engine)
    with pytest.raises(LlamaCppError, match="closed"):
        engine.tokenize("a")


def test_loading_and_writing_many_times_takes_no_more_memory(tiny: Path) -> None:
    import psutil

    process = psutil.Process()

    def once() -> None:
        engine = LlamaEngine(tiny, "tiny", ContextSize(256, 64, 1))
        for index in range(5):
            _write(engine, f"{index}", Sampling(max_tokens=2, grammar=JSON), Watching())
        engine.close()

    for _ in range(10):
        once()
    before = process.memory_info().rss
    for _ in range(30):
        once()
    assert process.memory_info().rss - before < 4_000_000
