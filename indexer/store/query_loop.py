"""An event loop in a thread of its own, on which LanceDB's asynchronous queries run side by side."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

_T = TypeVar("_T")


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="index queries", daemon=True).start()
    return loop


def begin(coroutine: Coroutine[Any, Any, _T]) -> Future[_T]:
    """Start a query.

    Returns:
        What it will give. Cancelling that ends the query.
    """
    return asyncio.run_coroutine_threadsafe(coroutine, _loop())


def completed(value: _T) -> Future[_T]:
    """What a query would give that needs none."""
    future: Future[_T] = Future()
    future.set_result(value)
    return future


def run(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Wait for a query; an interruption of the wait ends it."""
    running = begin(coroutine)
    try:
        return running.result()
    except BaseException:
        running.cancel()
        raise
