"""A worker program that writes what its prompts say, and shows the faults that they, or its arguments, name.

A prompt is orders, one a line: an order, a space, and what it is about.
"""

# ruff: noqa: C901, PLR0912

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path

from codeassistd.models.completer_selection import CompleterRequest
from codeassistd.models.completion import (
    CompleterIdentity,
    Completion,
    FillIn,
    Prompt,
    RenderedPrompt,
    Sampling,
    Usage,
)
from codeassistd.models.errors import CodeassistdError, UsageError
from codeassistd.models.worker.completion_service import run_worker

hoard: list[bytearray] = []


@dataclass
class FaultyCompleter:
    identity: CompleterIdentity

    def complete(
        self,
        prompt: Prompt,
        sampling: Sampling,
        on_text: Callable[[str], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Completion:
        assert cancelled is not None
        written: list[str] = []

        def write(piece: str) -> None:
            if cancelled():
                raise CancelledError
            written.append(piece)
            if on_text is not None:
                on_text(piece)

        for line in text_of(prompt).split("\n"):
            obey(line, write, cancelled)
        usage = Usage(
            prompt_tokens=len(text_of(prompt)),
            cached_tokens=1,
            completion_tokens=len(written),
            passages=(0,),
            prompt_seconds=0.25,
            completion_seconds=0.5,
        )
        return Completion("".join(written), "stop", usage)

    def render(self, prompt: Prompt, sampling: Sampling) -> RenderedPrompt:
        text = text_of(prompt)
        return RenderedPrompt(f"<{text}>", len(text), (1, 2), is_trimmed=True)


def text_of(prompt: Prompt) -> str:
    return prompt.prefix if isinstance(prompt, FillIn) else prompt.instruction


def obey(line: str, write: Callable[[str], None], cancelled: Callable[[], bool]) -> None:
    order, _, argument = line.partition(" ")
    match order:
        case "write":
            write(argument)
        case "count":
            for number in range(int(argument)):
                write(f"{number} ")
        case "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        case "crash-once":
            if not Path(argument).exists():
                Path(argument).touch()
                os.kill(os.getpid(), signal.SIGKILL)
        case "hang":
            time.sleep(600)
        case "think":
            # Long work before the first token; the engine asks whether to go on.
            end = time.monotonic() + float(argument)
            while time.monotonic() < end and not cancelled():
                time.sleep(0.01)
        case "note":
            with Path(argument).open("a") as file:
                file.write("noted\n")
        case "wait":
            while not Path(argument).exists():
                if cancelled():
                    raise CancelledError
                time.sleep(0.005)
        case "for-ever":
            while True:
                write("on and on ")
                time.sleep(0.001)
        case "grow":
            hoard.append(bytearray(b"x" * 400_000_000))
            time.sleep(600)
        case "usage":
            raise UsageError(argument, hint="a hint")
        case "refuse":
            raise CodeassistdError(argument, hint="a hint")
        case "bug":
            raise KeyError(argument)


@dataclass
class Loaded:
    completer: FaultyCompleter
    reason: str


def load(request: CompleterRequest) -> Loaded:
    if mode() == "load-refuses":
        raise CodeassistdError("The file is damaged.", hint="Pull it again.")
    name = "another" if mode() == "wrong-model" else "test-writer"
    return Loaded(FaultyCompleter(CompleterIdentity(name)), f"obeys, {request.path}")


def mode() -> str:
    return sys.argv[1] if len(sys.argv) > 1 else ""


if __name__ == "__main__":
    sys.exit(run_worker(load))
