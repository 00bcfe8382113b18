"""A real model of random weights, and engines that end with their test."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from codeassistd.models.backends.llama_cpp_context import ContextSize
from codeassistd.models.backends.llama_cpp_engine import LlamaEngine

MakeEngine = Callable[..., LlamaEngine]


@pytest.fixture(scope="session")
def tiny_gguf() -> ModuleType:
    """The maker of tiny models."""
    place = Path(__file__).parent / "tiny_gguf.py"
    specification = importlib.util.spec_from_file_location("tiny_gguf", place)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def tiny(tiny_gguf: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that writes nonsense."""
    path: Path = tiny_gguf.write_tiny(tmp_path_factory.mktemp("gguf") / "tiny.gguf")
    return path


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
