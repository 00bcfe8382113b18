"""Engines that end with their test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from codeassistd.models.backends.llama_cpp_context import ContextSize
from codeassistd.models.backends.llama_cpp_engine import LlamaEngine

MakeEngine = Callable[..., LlamaEngine]


@pytest.fixture
def make_engine(tiny: Path) -> Iterator[MakeEngine]:
    engines = []

    def make(path: Path = tiny, tokens: int = 256, batch: int = 64, threads: int = 1) -> LlamaEngine:
        engines.append(LlamaEngine(path, path.stem, ContextSize(tokens, batch, threads)))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


@pytest.fixture
def engine(make_engine: MakeEngine) -> LlamaEngine:
    return make_engine()
