"""Two texts on one processor: whose step is next."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor

import pytest

from codeassistd.models.step_turns import STEPS_AHEAD, StepTurns


def test_one_computes_at_a_time() -> None:
    turns, running, most = StepTurns(), [0], []

    def work(number: int) -> None:
        for _ in range(50):
            with turns.step(is_typing=number % 2 == 0):
                running[0] += 1
                most.append(running[0])
                running[0] -= 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert len(most) == 200
    assert max(most) == 1


def test_who_types_goes_first_and_the_other_never_stands_still() -> None:
    turns, order = StepTurns(), []
    begun = threading.Event()

    def instruct() -> None:
        for _ in range(3):
            with turns.step(is_typing=False):
                order.append("i")
                begun.set()

    with ThreadPoolExecutor(1) as pool:
        with turns.typing():
            other = pool.submit(instruct)
            while not begun.is_set():
                with turns.step(is_typing=True):
                    order.append("t")
        other.result()
    assert order.index("i") >= STEPS_AHEAD
    assert order.count("i") == 3


def test_long_steps_wait_until_nobody_types() -> None:
    turns, done = StepTurns(), threading.Event()

    def read() -> None:
        with turns.step(is_typing=False, may_be_first=False):
            done.set()

    with ThreadPoolExecutor(1) as pool:
        with turns.typing():
            assert turns.is_somebody_typing
            other = pool.submit(read)
            for _ in range(3 * STEPS_AHEAD):
                with turns.step(is_typing=True):
                    assert not done.is_set()
        other.result()
    assert done.is_set()
    assert not turns.is_somebody_typing


def test_who_waits_can_give_up() -> None:
    turns = StepTurns()
    with turns.typing(), pytest.raises(CancelledError), turns.step(lambda: True, is_typing=False):
        raise AssertionError
    with turns.step(is_typing=False):  # nothing is left of it
        pass
