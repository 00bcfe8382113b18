"""A worker program whose texts, and whose first argument, are the faults to show.

Vectors come from a hash of the text, so that each text has its own without a model.
"""

# ruff: noqa: C901, T201

from __future__ import annotations

import hashlib
import os
import re
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codeassistd.models.errors import CodeassistdError, UsageError
from codeassistd.models.identity import ModelIdentity
from codeassistd.models.roles import EmbedKind
from codeassistd.models.selection import EmbedderRequest, LoadedEmbedder
from codeassistd.models.worker.serving import run_worker

DIMENSIONS = 8
hoard: list[bytearray] = []


def vector(text: str) -> NDArray[np.float32]:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:DIMENSIONS]
    values = np.frombuffer(digest, np.uint8).astype(np.float32) + 1.0
    return values / np.float32(np.linalg.norm(values))


class FaultyEmbedder:
    def __init__(self, name: str) -> None:
        self._identity = ModelIdentity(name, "0" * 64, "mean", "", "", DIMENSIONS, 64, "float")

    @property
    def identity(self) -> ModelIdentity:
        return self._identity

    def embed(self, texts: Sequence[str], kind: EmbedKind) -> NDArray[np.float32]:
        for text in texts:
            obey(text)
        rows = [vector(text) for text in texts if text != "vanish"]
        found = np.array(rows, np.float32).reshape(len(rows), DIMENSIONS)
        return found[:, 1:] if "narrow" in texts else found


def obey(text: str) -> None:
    order, _, argument = text.partition(" ")
    match order:
        case "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        case "crash-once":
            if not Path(argument).exists():
                Path(argument).touch()
                os.kill(os.getpid(), signal.SIGKILL)
        case "note":
            with Path(argument).open("a") as file:
                file.write(f"{os.getpid()}\n")
        case "wait":
            while not Path(argument).exists():
                time.sleep(0.005)
        case "grow":
            hoard.append(bytearray(b"x" * 400_000_000))
            time.sleep(600)
        case "print":
            print(argument, flush=True)
            os.write(1, b"bytes past every library\n")
        case "usage":
            raise UsageError(argument, hint="a hint")
        case "refuse":
            raise CodeassistdError(argument, hint="a hint")
        case "bug":
            raise KeyError(argument)
        case "hold":
            # The regular expression engine keeps the interpreter's lock, for ever with this pattern.
            print("holding", file=sys.stderr, flush=True)
            re.match(r"(a|aa)+$", "a" * 100 + "b")


def load(request: EmbedderRequest) -> LoadedEmbedder:
    match mode():
        case "load-refuses":
            raise CodeassistdError("The weights are missing.", hint="Install them.")
        case "refuses-until" if not Path(sys.argv[2]).exists():
            raise CodeassistdError("The weights are missing.", hint="Install them.")
        case "load-crashes":
            os._exit(7)
        case "load-complains":
            print("nothing fits", file=sys.stderr, flush=True)
            os._exit(7)
        case "load-hangs":
            time.sleep(600)
        case "wrong-model":
            return LoadedEmbedder(FaultyEmbedder("another"), "test", "hashes")
        case "twice" if not Path(sys.argv[2]).exists():
            Path(sys.argv[2]).touch()
            os._exit(7)
    return LoadedEmbedder(FaultyEmbedder("test-vectors"), "test", f"hashes of {request.model}")


def mode() -> str:
    return sys.argv[1] if len(sys.argv) > 1 else ""


if __name__ == "__main__":
    if mode() == "garbage":
        print("Welcome to this library! " * 10, flush=True)
        time.sleep(600)
    if mode() == "closes-output":
        os.close(1)
        time.sleep(600)
    sys.exit(run_worker(load, stuck_seconds=2.0 if mode() == "soon-stuck" else 120.0))
