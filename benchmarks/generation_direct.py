"""llama-cpp-python by itself, in a process and with an environment of its own: what our engine is beside."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from codeassistd.models.backends.llama_cpp_library import SPIN_COUNT

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


@dataclass(frozen=True, slots=True)
class Settings:
    """How a model is run, by whichever engine."""

    path: str
    context: int
    threads: int
    batch: int = 512


@dataclass(frozen=True, slots=True)
class Written:
    """A text, and when its tokens came, seconds after it was asked for."""

    text: str
    tokens: int
    first: float
    last: float

    @property
    def a_token(self) -> float:
        """Seconds for each token but the first."""
        return (self.last - self.first) / max(1, self.tokens - 1)


class Direct:
    """The library in its process."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def write(self, prompt: str, tokens: int) -> Written:
        """What follows a prompt in which control tokens are written out; nothing is known of it before."""
        self._connection.send((prompt, tokens))
        answer: Written = self._connection.recv()
        return answer


@contextlib.contextmanager
def direct(settings: Settings, *, waits_as_ours: bool = True) -> Iterator[Direct]:
    """Start it; do so before llama.cpp is loaded here, whose settings it would inherit.

    Args:
        settings: How it runs.
        waits_as_ours: Whether its threads go to sleep as soon as ours do when they wait for one another.
    """
    context = multiprocessing.get_context("spawn")
    ours, its = context.Pipe()
    process = context.Process(target=_serve, args=(its, settings, waits_as_ours), daemon=True)
    process.start()
    ours.recv()
    yield Direct(ours)
    ours.send(None)
    process.join(20)


def _serve(connection: Connection, settings: Settings, waits_as_ours: bool) -> None:  # noqa: FBT001
    if waits_as_ours:
        os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)
    import llama_cpp  # noqa: PLC0415

    library = llama_cpp.Llama(
        settings.path, n_ctx=settings.context, n_batch=settings.batch, n_threads=settings.threads,
        n_threads_batch=settings.threads, flash_attn=True, verbose=False,
    )  # fmt: skip
    connection.send("ready")
    while (asked := connection.recv()) is not None:
        connection.send(_written(library, *asked))
    library.close()


def _written(library: Any, prompt: str, most: int) -> Written:
    import llama_cpp  # noqa: PLC0415

    vocabulary = llama_cpp.llama_model_get_vocab(library.model)
    began = time.perf_counter()
    tokens = library.tokenize(prompt.encode(), add_bos=False, special=True)
    library.reset()
    written: list[int] = []
    first = last = began
    for token in library.generate(tokens, temp=0.0, repeat_penalty=1.0):
        last = time.perf_counter()
        first = first if written else last
        if llama_cpp.llama_vocab_is_eog(vocabulary, token):
            break
        written.append(token)
        if len(written) >= most:
            break
    text = library.detokenize(written).decode("utf-8", "replace")
    return Written(text, len(written), first - began, last - began)
