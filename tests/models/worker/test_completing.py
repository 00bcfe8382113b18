"""Text from another process: in order, stopped at once, and what is seen when that process fails."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from codeassistd.models.completer_usage import CompletionCounts
from codeassistd.models.completion import Completion, FillIn, Instruction, Sampling
from codeassistd.models.errors import CodeassistdError, UsageError
from codeassistd.models.worker.completer import WorkerCompleter, completer_limits
from codeassistd.models.worker.errors import WorkerClosedError, WorkerError, WorkerUnavailableError
from codeassistd.models.worker.limits import WorkerLimits

if TYPE_CHECKING:
    from .conftest import MakeCompleter

Until = Callable[[Callable[[], object]], None]
SAMPLING = Sampling()


def fill(*orders: str) -> FillIn:
    return FillIn("a.py", "python", "\n".join(orders), "")


def ask(*orders: str) -> Instruction:
    return Instruction("\n".join(orders))


def kill(completer: WorkerCompleter, number: int) -> None:
    pid = completer.usage().pid
    assert pid is not None
    os.kill(pid, number)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def begin(
    threads: ThreadPoolExecutor, completer: WorkerCompleter, prompt: FillIn | Instruction, owner: str = ""
) -> Future[Completion]:
    return threads.submit(lambda: completer.complete(prompt, SAMPLING, owner=owner))


def test_pieces_come_in_order_in_the_thread_that_asks(make_completer: MakeCompleter) -> None:
    completer = make_completer()
    assert completer.usage().state == "unloaded"
    pieces: list[str] = []
    where = set()

    def on_text(piece: str) -> None:
        pieces.append(piece)
        where.add(threading.get_ident())

    found = completer.complete(ask("count 500", "write é\u2028 \udc80"), SAMPLING, on_text)
    assert 2 <= len(pieces) <= 501
    assert pieces[0] == "0 ", "the first comes at once"
    assert "".join(pieces) == found.text
    assert found.text.startswith("0 1 2 ")
    assert found.text.endswith("é\u2028 \udc80")
    assert where == {threading.get_ident()}
    assert (found.finish_reason, found.usage.passages) == ("stop", (0,))
    assert completer.complete(fill("write x"), SAMPLING).text == "x"
    usage = completer.usage()
    assert (usage.state, usage.engine, usage.requests, usage.failures) == ("loaded", "obeys, a file", 2, 0)
    assert usage.counts == CompletionCounts(2, 20 + 7, 2, 502, 0.5, 1.0)
    assert usage.rss_bytes > 1_000_000


def test_a_hundred_requests_from_several_threads(
    make_completer: MakeCompleter, threads: ThreadPoolExecutor
) -> None:
    completer = make_completer()
    texts = threads.map(lambda number: completer.complete(fill(f"write {number}"), SAMPLING).text, range(100))
    assert list(texts) == [str(number) for number in range(100)]
    assert completer.usage().counts.completions == 100


def test_a_prompt_is_shown(make_completer: MakeCompleter) -> None:
    shown = make_completer().render(fill("write x"), SAMPLING)
    assert (shown.text, shown.tokens, shown.passages, shown.is_trimmed) == ("<write x>", 7, (1, 2), True)


def test_giving_up_ends_the_writing(make_completer: MakeCompleter, tmp_path: Path) -> None:
    completer = make_completer()
    pieces: list[str] = []
    with pytest.raises(CancelledError):
        completer.complete(ask("for-ever"), SAMPLING, pieces.append, lambda: len(pieces) > 5)
    # The worker would never come to this if it were still writing.
    assert completer.complete(ask("write next"), SAMPLING).text == "next"
    note = tmp_path / "note"
    with pytest.raises(CancelledError):
        completer.complete(fill(f"note {note}", "wait for nothing"), SAMPLING, None, note.exists)
    assert completer.complete(fill("write next"), SAMPLING).text == "next"
    assert completer.usage().failures == 0


def test_a_reader_that_fails_ends_the_writing(make_completer: MakeCompleter) -> None:
    completer = make_completer()

    def on_text(piece: str) -> None:
        raise OSError("the editor is gone")

    with pytest.raises(OSError, match="gone"):
        completer.complete(ask("for-ever"), SAMPLING, on_text)
    assert completer.complete(ask("write next"), SAMPLING).text == "next"


def test_a_later_request_takes_the_place_of_the_owners_earlier_ones(
    make_completer: MakeCompleter, threads: ThreadPoolExecutor, tmp_path: Path, until: Until
) -> None:
    completer = make_completer()
    note, other = tmp_path / "note", tmp_path / "other"
    running = begin(threads, completer, fill(f"note {note}", "for-ever"), owner="editor 1")
    until(note.exists)
    queued = begin(threads, completer, fill(f"note {other}", "write other's"), owner="editor 2")
    until(lambda: completer.usage().requests == 2)
    assert completer.complete(fill("write last"), SAMPLING, owner="editor 1").text == "last"
    assert isinstance(running.exception(), CancelledError)
    assert queued.result().text == "other's"


def test_who_types_does_not_wait_for_an_instruction(
    make_completer: MakeCompleter, threads: ThreadPoolExecutor, tmp_path: Path, until: Until
) -> None:
    completer = make_completer()
    note, gate = tmp_path / "note", tmp_path / "gate"
    instruction = begin(threads, completer, ask(f"note {note}", f"wait {gate}", "write done"))
    until(note.exists)
    assert completer.complete(fill("write x"), SAMPLING, owner="editor").text == "x"
    assert completer.complete(fill("write patient"), SAMPLING).text == "patient"
    behind = begin(threads, completer, ask("write behind"))
    assert not instruction.done()
    gate.touch()
    assert instruction.result().text == "done"
    assert behind.result().text == "behind"
    assert completer.usage().failures == 0


def test_a_crash_before_the_first_text_costs_time_only(make_completer: MakeCompleter, tmp_path: Path) -> None:
    completer = make_completer()
    pieces: list[str] = []
    orders = (f"crash-once {tmp_path / 'crashed'}", "write a", "write b")
    assert completer.complete(fill(*orders), SAMPLING, pieces.append).text == "ab"
    assert pieces == ["a", "b"]
    assert completer.usage().failures == 1


def test_a_crash_after_the_first_text_is_an_error(make_completer: MakeCompleter, tmp_path: Path) -> None:
    completer = make_completer()
    pieces: list[str] = []
    orders = ("write a", f"crash-once {tmp_path / 'crashed'}", "write b")
    with pytest.raises(WorkerError, match=r"test-writer was ended by signal 9 \(SIGKILL\)") as caught:
        completer.complete(fill(*orders), SAMPLING, pieces.append)
    assert caught.value.hint
    assert pieces == ["a"]
    assert completer.complete(fill("write next"), SAMPLING).text == "next"
    # Nobody has seen a part of this one, so that it can be begun anew.
    (tmp_path / "crashed").unlink()
    assert completer.complete(fill(*orders), SAMPLING).text == "ab"


def test_a_request_that_crashes_the_worker_again_fails(make_completer: MakeCompleter) -> None:
    completer = make_completer()
    with pytest.raises(WorkerError, match="SIGKILL"):
        completer.complete(fill("crash"), SAMPLING)
    assert completer.usage().failures == 2


def test_a_hang_is_ended(make_completer: MakeCompleter) -> None:
    completer = make_completer(limits=WorkerLimits(request_seconds=1.5))
    pieces: list[str] = []
    with pytest.raises(WorkerError, match=r"gave no sign for 1\.5 s"):
        completer.complete(ask("write a", "hang"), SAMPLING, pieces.append)
    assert completer.complete(fill("write next"), SAMPLING).text == "next"


def test_long_thinking_and_waiting_is_no_hang(
    make_completer: MakeCompleter, threads: ThreadPoolExecutor
) -> None:
    completer = make_completer(limits=WorkerLimits(request_seconds=1.5))
    completer.complete(fill("write warm"), SAMPLING)
    first = begin(threads, completer, ask("think 3", "write a"))
    second = begin(threads, completer, ask("write b"))
    assert (first.result().text, second.result().text) == ("a", "b")
    assert completer.usage().failures == 0


def test_too_much_memory_is_ended(make_completer: MakeCompleter) -> None:
    completer = make_completer(limits=WorkerLimits(memory_bytes=300_000_000))
    with pytest.raises(WorkerError, match="MiB is the limit"):
        completer.complete(fill("grow"), SAMPLING)


def test_errors_come_back_as_they_were_raised(make_completer: MakeCompleter) -> None:
    completer = make_completer()
    for _ in range(6):
        with pytest.raises(CodeassistdError) as caught:
            completer.complete(fill("refuse This model can't."), SAMPLING)
        assert (caught.value.message, caught.value.hint) == ("This model can't.", "a hint")
    with pytest.raises(UsageError, match="Ask otherwise"):
        completer.complete(fill("usage Ask otherwise."), SAMPLING)
    # What a model can't do says nothing about its health.
    assert completer.usage().failures == 0
    with pytest.raises(CodeassistdError, match="KeyError: 'oh'"):
        completer.complete(fill("bug oh"), SAMPLING)
    assert completer.usage().failures == 1


def test_a_model_that_keeps_failing_is_left_alone(make_completer: MakeCompleter) -> None:
    completer = make_completer()
    for _ in range(5):
        with pytest.raises(CodeassistdError, match="KeyError"):
            completer.complete(fill("bug oh"), SAMPLING)
    with pytest.raises(WorkerUnavailableError, match="test-writer failed 5 times in a row"):
        completer.complete(fill("write x"), SAMPLING)


def test_a_model_that_can_not_be_loaded(make_completer: MakeCompleter) -> None:
    with pytest.raises(CodeassistdError, match="The file is damaged") as caught:
        make_completer("load-refuses").complete(fill("write x"), SAMPLING)
    assert caught.value.hint == "Pull it again."
    with pytest.raises(WorkerError, match="loaded the model another, not test-writer"):
        make_completer("wrong-model").complete(fill("write x"), SAMPLING)


def test_an_idle_worker_is_unloaded_and_comes_back(make_completer: MakeCompleter, until: Until) -> None:
    completer = make_completer(limits=WorkerLimits(idle_seconds=0.2))
    completer.start()
    until(lambda: completer.usage().state == "loaded")
    until(lambda: completer.usage().state == "unloaded")
    assert completer.usage().pid is None
    assert completer.complete(fill("write x"), SAMPLING).text == "x"


@pytest.mark.parametrize("number", [None, signal.SIGSTOP])
def test_closing_fails_who_waits(
    make_completer: MakeCompleter,
    threads: ThreadPoolExecutor,
    tmp_path: Path,
    until: Until,
    number: int | None,
) -> None:
    completer = make_completer()
    note = tmp_path / "note"
    waiting = begin(threads, completer, ask(f"note {note}", "for-ever"))
    until(note.exists)
    if number is not None:
        kill(completer, number)
    completer.close()
    assert isinstance(waiting.exception(), WorkerClosedError)
    with pytest.raises(WorkerClosedError):
        completer.complete(fill("write x"), SAMPLING)


def test_a_worker_killed_between_requests_is_replaced(make_completer: MakeCompleter, until: Until) -> None:
    completer = make_completer()
    completer.complete(fill("write x"), SAMPLING)
    kill(completer, signal.SIGTERM)
    until(lambda: completer.usage().state == "failed")
    assert completer.complete(fill("write x"), SAMPLING).text == "x"


def test_limits_grow_with_the_model() -> None:
    limits = completer_limits(4_000_000_000, 1_000_000_000, idle_seconds=60)
    assert limits.memory_bytes == 8_000_000_000 + 1_250_000_000 + 1024**3
    assert limits.idle_seconds == 60
