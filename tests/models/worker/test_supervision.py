"""What goes wrong with a worker, and what those who wait for it see."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest

from codeassistd.models.errors import CodeassistdError, UsageError
from codeassistd.models.identity import ModelIdentity
from codeassistd.models.selection import EmbedderRequest
from codeassistd.models.worker.embedder import WorkerEmbedder
from codeassistd.models.worker.embedding_supervisor import EmbeddingSupervisor
from codeassistd.models.worker.errors import WorkerClosedError, WorkerError, WorkerUnavailableError
from codeassistd.models.worker.limits import WorkerLimits

if TYPE_CHECKING:
    from .conftest import MakeWorker

Until = Callable[[Callable[[], object]], None]


def same(first: object, second: object) -> bool:
    return np.array_equal(np.asarray(first), np.asarray(second))


def kill(embedder: WorkerEmbedder, number: int) -> None:
    pid = embedder.usage().pid
    assert pid is not None
    os.kill(pid, number)


def test_a_process_is_started_by_the_first_use_and_not_before(make_worker: MakeWorker) -> None:
    embedder = make_worker()
    assert embedder.usage().state == "unloaded"
    assert embedder.embed([], "query").shape == (0, 8)
    assert embedder.usage().state == "unloaded"
    vectors = embedder.embed(["one", "two", "lone \udc80"], "query")
    assert vectors.shape == (3, 8)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    vectors[0, 0] = 0.0  # the caller's own
    usage = embedder.usage()
    assert (usage.state, usage.uses, usage.texts, usage.failures, usage.problem) == ("loaded", 1, 3, 0, "")
    assert usage.engine.startswith("hashes of ")
    assert usage.pid is not None
    assert usage.rss_bytes > 1_000_000


def test_starting_ahead(make_worker: MakeWorker, until: Until) -> None:
    embedder = make_worker()
    embedder.start()
    embedder.start()
    until(lambda: embedder.usage().state == "loaded")
    assert embedder.usage().uses == 0


def test_more_texts_than_a_message_holds(make_worker: MakeWorker) -> None:
    embedder = make_worker()
    texts = [f"text {number}" for number in range(2_500)]
    vectors = embedder.bulk.embed(texts, "document")
    assert vectors.shape == (2_500, 8)
    assert same(
        vectors[[0, 1_023, 1_024, 2_499]],
        embedder.embed([texts[at] for at in (0, 1_023, 1_024, 2_499)], "query"),
    )
    assert embedder.usage().uses == 4


def test_fifty_threads_at_once(make_worker: MakeWorker) -> None:
    embedder = make_worker()
    found: dict[int, object] = {}

    def ask(number: int) -> None:
        lane = embedder if number % 2 else embedder.bulk
        found[number] = lane.embed([f"text {number}", "same"], "query" if number % 3 else "document")

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(50):
        assert same(found[number], embedder.embed([f"text {number}", "same"], "query"))


def test_a_query_overtakes_bulk_work(make_worker: MakeWorker, tmp_path: Path) -> None:
    embedder = make_worker()
    gate = tmp_path / "gate"
    bulk = embedder.submit([f"wait {gate}"] * 100, "document", bulk=True)
    later = embedder.submit(["also bulk"], "document", bulk=True)
    embedder.embed(["query"], "query")
    assert not bulk.done()
    gate.touch()
    assert len(bulk.result()) == 100
    assert len(later.result()) == 1


def test_a_crash_costs_a_request_nothing_but_time(make_worker: MakeWorker, tmp_path: Path) -> None:
    embedder = make_worker()
    expected = embedder.embed(["other"], "query")
    pid = embedder.usage().pid
    crash = f"crash-once {tmp_path / 'crashed'}"
    assert same(embedder.embed([crash, "other"], "query")[1:], expected)
    usage = embedder.usage()
    assert usage.failures == 1
    assert usage.pid != pid


def test_a_request_that_crashes_the_worker_again_fails_and_spares_the_others(
    make_worker: MakeWorker, tmp_path: Path, log: list[str]
) -> None:
    embedder = make_worker()
    gate = tmp_path / "gate"
    doomed = embedder.submit([f"wait {gate}", "crash"], "query")
    # Another kind never shares a turn of the lane, so that this one waits for the first to end.
    spared = embedder.submit(["spared"], "document")
    gate.touch()
    with pytest.raises(WorkerError, match=r"test-vectors was ended by signal 9 \(SIGKILL\)") as caught:
        doomed.result()
    assert "doctor" in caught.value.hint
    assert len(spared.result()) == 1
    assert embedder.usage().failures == 2
    assert any("SIGKILL" in line for line in log)


def test_a_worker_killed_from_outside_is_replaced(make_worker: MakeWorker, until: Until) -> None:
    embedder = make_worker()
    embedder.embed(["a"], "query")
    kill(embedder, signal.SIGTERM)
    until(lambda: embedder.usage().state == "failed")
    assert "SIGTERM" in embedder.usage().problem
    assert len(embedder.embed(["a"], "query")) == 1
    usage = embedder.usage()
    assert (usage.state, usage.problem) == ("loaded", "")


def test_an_interrupt_at_the_terminal_is_for_the_daemon(make_worker: MakeWorker) -> None:
    embedder = make_worker()
    embedder.embed(["a"], "query")
    pid = embedder.usage().pid
    kill(embedder, signal.SIGINT)
    embedder.embed(["a"], "query")
    assert embedder.usage().pid == pid


def test_a_hang_is_ended_and_the_request_tried_again(make_worker: MakeWorker) -> None:
    embedder = make_worker(limits=WorkerLimits(request_seconds=1.5))
    expected = embedder.embed(["a"], "query")
    kill(embedder, signal.SIGSTOP)
    assert same(embedder.embed(["a"], "query"), expected)
    assert embedder.usage().failures == 1


def test_a_request_that_hangs_twice_fails(make_worker: MakeWorker, tmp_path: Path) -> None:
    embedder = make_worker(limits=WorkerLimits(request_seconds=0.3))
    with pytest.raises(WorkerError, match=r"gave no sign for 0\.3 s"):
        embedder.embed([f"wait {tmp_path / 'never'}"], "query")


def test_too_much_memory_ends_the_worker(make_worker: MakeWorker) -> None:
    embedder = make_worker(limits=WorkerLimits(memory_bytes=300_000_000))
    with pytest.raises(WorkerError, match="286 MiB is the limit") as caught:
        embedder.embed(["grow"], "query")
    assert "limit" in caught.value.hint
    assert len(embedder.embed(["small"], "query")) == 1


def test_what_libraries_print_harms_nothing(make_worker: MakeWorker, until: Until, log: list[str]) -> None:
    embedder = make_worker()
    assert len(embedder.embed(["print Hello from a library", "a"], "query")) == 2
    until(lambda: {"Hello from a library", "bytes past every library"} <= set(log))


def test_nonsense_instead_of_answers(make_worker: MakeWorker) -> None:
    embedder = make_worker("garbage")
    with pytest.raises(WorkerError, match=r"sent something that is no answer.*Welcome"):
        embedder.embed(["a"], "query")


def test_an_output_that_ends_before_its_worker(make_worker: MakeWorker) -> None:
    embedder = make_worker("closes-output")
    with pytest.raises(WorkerError, match="closed its output but ran on"):
        embedder.embed(["a"], "query")


def test_vectors_of_a_wrong_size_are_never_given_out(make_worker: MakeWorker) -> None:
    embedder = make_worker()
    with pytest.raises(CodeassistdError, match="The model failed: ValueError"):
        embedder.embed(["a", "vanish"], "query")
    with pytest.raises(WorkerError, match=r"no answer.*28 bytes are not 1 x 8 numbers"):
        embedder.embed(["narrow"], "query")


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("load-crashes", r"ended with status 7\.$"),
        ("load-complains", r"ended with status 7: nothing fits\.$"),
        ("wrong-model", r"loaded the model another-\w+, not test-vectors-\w+"),
    ],
)
def test_a_model_that_does_not_load(make_worker: MakeWorker, mode: str, words: str) -> None:
    embedder = make_worker(mode)
    with pytest.raises(WorkerError, match=words):
        embedder.embed(["a"], "query")
    assert embedder.usage().state == "failed"


def test_a_model_that_takes_for_ever_to_load(make_worker: MakeWorker) -> None:
    embedder = make_worker("load-hangs", limits=WorkerLimits(start_seconds=0.5))
    with pytest.raises(WorkerError, match=r"did not load it within 0\.5 s"):
        embedder.embed(["a"], "query")


def test_a_crash_while_loading_is_tried_again(make_worker: MakeWorker, tmp_path: Path) -> None:
    embedder = make_worker("twice", str(tmp_path / "tried"))
    assert len(embedder.embed(["a"], "query")) == 1


def test_what_the_model_says_of_loading_is_not_tried_again(make_worker: MakeWorker) -> None:
    embedder = make_worker("load-refuses")
    with pytest.raises(CodeassistdError) as caught:
        embedder.embed(["a"], "query")
    assert (caught.value.message, caught.value.hint) == ("The weights are missing.", "Install them.")
    assert embedder.usage().failures == 1


def test_a_program_that_is_not_there(make_worker: MakeWorker, tmp_path: Path) -> None:
    embedder = make_worker(command=(str(tmp_path / "nothing"),))
    with pytest.raises(WorkerError, match="could not be started"):
        embedder.embed(["a"], "query")


def test_errors_come_back_as_they_were_raised(make_worker: MakeWorker) -> None:
    embedder = make_worker()
    with pytest.raises(CodeassistdError) as caught:
        embedder.embed(["refuse This is wrong."], "query")
    assert (caught.value.message, caught.value.hint) == ("This is wrong.", "a hint")
    with pytest.raises(UsageError, match="Ask otherwise"):
        embedder.bulk.embed(["usage Ask otherwise."], "query")
    with pytest.raises(CodeassistdError, match="KeyError: 'oh'"):
        embedder.embed(["bug oh"], "query")
    usage = embedder.usage()
    assert (usage.state, usage.failures) == ("loaded", 2)


def test_a_model_that_keeps_failing_is_left_alone_for_a_while(
    program: Path, identity: ModelIdentity, tmp_path: Path
) -> None:
    ahead = 0.0
    weights = tmp_path / "weights"
    command = (sys.executable, str(program), "refuses-until", str(weights))
    supervisor = EmbeddingSupervisor(
        identity,
        EmbedderRequest(),
        command,
        WorkerLimits(),
        lambda _: None,
        lambda: time.monotonic() + ahead,
    )
    for _ in range(5):
        with pytest.raises(CodeassistdError, match="weights"):
            supervisor.submit(["a"], "query", "interactive").result()
        ahead += 10
    with pytest.raises(WorkerUnavailableError, match=r"5 times in a row .* again in \d\d s\. .* weights"):
        supervisor.submit(["a"], "query", "interactive")
    supervisor.start()
    usage = supervisor.usage()
    assert (usage.state, usage.failures, usage.uses) == ("failed", 5, 5)
    weights.touch()
    ahead += 60
    for _ in range(3):
        assert supervisor.usage().problem
        assert len(supervisor.submit(["a"], "query", "interactive").result()) == 1
    assert supervisor.usage().problem == ""
    supervisor.close()


def test_a_mistake_while_starting_leaves_nobody_waiting(make_worker: MakeWorker) -> None:
    embedder = make_worker(command=("no\0program",))
    for _ in range(2):
        with pytest.raises(WorkerError, match="could not be watched: ValueError"):
            embedder.embed(["a"], "query")


def test_a_log_that_fails_harms_nothing(program: Path, identity: ModelIdentity) -> None:
    def no_log(line: str) -> None:
        raise OSError("no space left")

    command = (sys.executable, str(program))
    embedder = WorkerEmbedder(identity, EmbedderRequest(), command=command, on_log=no_log)
    try:
        for text in ("bug oh", "crash"):
            with pytest.raises(CodeassistdError):
                embedder.embed([text], "query")
        assert len(embedder.embed(["a"], "query")) == 1
    finally:
        embedder.close()


def test_cancelled_work_leaves_the_queue(make_worker: MakeWorker, tmp_path: Path) -> None:
    embedder = make_worker()
    gate, note = tmp_path / "gate", tmp_path / "note"
    running = embedder.submit([f"wait {gate}"], "query")
    waiting = embedder.submit([f"note {note}"], "document")
    assert waiting.cancel()
    last = embedder.submit(["last"], "document")
    gate.touch()
    assert len(running.result()) == len(last.result()) == 1
    assert not note.exists()


def test_giving_up_while_waiting(make_worker: MakeWorker, tmp_path: Path) -> None:
    embedder = make_worker()
    gate, note = tmp_path / "gate", tmp_path / "a note that it has begun"
    with pytest.raises(CancelledError):
        embedder.embed([f"note {note}", f"wait {gate}"], "query", note.exists)
    gate.touch()
    assert len(embedder.embed(["a"], "query", lambda: False)) == 1


def test_an_idle_worker_is_unloaded_and_comes_back(make_worker: MakeWorker, until: Until) -> None:
    embedder = make_worker(limits=WorkerLimits(idle_seconds=0.2))
    expected = embedder.embed(["a"], "query")
    until(lambda: embedder.usage().state == "unloaded")
    usage = embedder.usage()
    assert (usage.pid, usage.rss_bytes, usage.failures) == (None, 0, 0)
    assert usage.idle_seconds > 0
    assert usage.engine
    assert same(embedder.embed(["a"], "query"), expected)


@pytest.mark.parametrize("number", [None, signal.SIGSTOP])
def test_closing_ends_the_process_and_fails_who_waits(
    make_worker: MakeWorker, tmp_path: Path, until: Until, number: int | None
) -> None:
    embedder = make_worker()
    # The longest text is embedded first.
    note = tmp_path / "a note that it has begun"
    answer = embedder.submit([f"note {note}", f"wait {tmp_path / 'never'}"], "query")
    until(note.exists)
    pid = embedder.usage().pid
    assert pid is not None
    if number is not None:
        kill(embedder, number)
    embedder.close()
    embedder.close()
    assert not psutil.pid_exists(pid)
    with pytest.raises(WorkerClosedError):
        answer.result()
    with pytest.raises(WorkerClosedError):
        embedder.embed(["a"], "query")
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("worker-")]


def test_an_unread_request_does_not_keep_a_hung_worker_from_being_closed(make_worker: MakeWorker) -> None:
    embedder = make_worker()
    embedder.embed(["a"], "query")
    kill(embedder, signal.SIGSTOP)
    # More than a pipe holds.
    embedder.submit(["x" * 1_000 for _ in range(1_000)], "document", bulk=True)
    embedder.close()


def test_importing_the_daemons_side_is_light() -> None:
    program = (
        "import sys, codeassistd.models.worker.embedder\n"
        "heavy = {'numpy', 'psutil', 'tokenizers', 'openvino', 'torch'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
