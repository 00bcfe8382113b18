from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import pytest
import torch

from codeassistd.models import backends
from codeassistd.models.backends.openvino_bert import best_precision
from codeassistd.models.engine_choice import BackendUnavailableError, choose
from codeassistd.models.errors import CodeassistdError, UsageError
from codeassistd.models.hardware import Hardware, probe
from codeassistd.models.selection import EmbedderRequest, identity_of, load_embedder

LAPTOP = Hardware(
    machine="x86_64",
    cores=8,
    int8_dot_product=False,
    cuda=False,
    apple_silicon=False,
    openvino=True,
    torch=True,
)


@pytest.mark.parametrize(
    ("backend", "changes", "engine", "device"),
    [
        ("auto", {}, "openvino", "cpu"),
        ("auto", {"openvino": False}, "torch", "cpu"),
        ("auto", {"torch": False}, "openvino", "cpu"),
        ("auto", {"cuda": True}, "torch", "cuda"),
        ("auto", {"cuda": True, "torch": False}, "openvino", "cpu"),
        ("auto", {"machine": "arm64", "apple_silicon": True, "openvino": False}, "torch", "mps"),
        ("auto", {"machine": "arm64", "apple_silicon": True, "openvino": False, "mlx": True}, "mlx", "metal"),
        ("auto", {"mlx": True}, "openvino", "cpu"),
        ("auto", {"mlx": True, "openvino": False}, "torch", "cpu"),
        ("auto", {"mlx": True, "openvino": False, "torch": False}, "mlx", "cpu"),
        ("auto", {"mlx": True, "cuda": True}, "torch", "cuda"),
        ("mlx", {"mlx": True}, "mlx", "cpu"),
        ("mlx", {"mlx": True, "apple_silicon": True}, "mlx", "metal"),
        ("torch", {"mlx": True, "apple_silicon": True}, "torch", "mps"),
        ("torch", {}, "torch", "cpu"),
        ("torch", {"cuda": True}, "torch", "cuda"),
        ("openvino", {"cuda": True}, "openvino", "cpu"),
    ],
)
def test_the_engine_fits_the_machine(backend: str, changes: dict[str, Any], engine: str, device: str) -> None:
    choice = choose(backend, replace(LAPTOP, **changes))
    assert (choice.engine, choice.device) == (engine, device)
    assert choice.why


@pytest.mark.parametrize(
    ("backend", "changes", "hint"),
    [
        ("openvino", {"openvino": False}, "pip install openvino"),
        ("torch", {"torch": False}, "pip install torch"),
        ("mlx", {}, "pip install 'codeassistd[mlx]'"),
        ("auto", {"openvino": False, "torch": False}, "pip install torch"),
    ],
)
def test_a_missing_engine_says_what_to_install(backend: str, changes: dict[str, Any], hint: str) -> None:
    with pytest.raises(BackendUnavailableError) as caught:
        choose(backend, replace(LAPTOP, **changes))
    assert caught.value.hint == hint


def test_an_unknown_backend_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="tensorflow") as caught:
        choose("tensorflow", LAPTOP)
    assert caught.value.hint == "Use one of auto, mlx, openvino, torch."


def test_a_model_for_one_engine_runs_there_or_says_what_is_missing() -> None:
    apple = replace(LAPTOP, machine="arm64", apple_silicon=True, openvino=False, mlx=True)
    assert choose("auto", LAPTOP, ("torch",)).why == "the engine for models of this kind"
    assert choose("auto", apple, ("torch",)).device == "mps"
    assert choose("auto", apple, ("mlx",)).device == "metal"
    with pytest.raises(BackendUnavailableError) as caught:
        choose("auto", LAPTOP, ("mlx",))
    assert caught.value.hint == "pip install 'codeassistd[mlx]'"
    with pytest.raises(BackendUnavailableError, match="openvino can't run a model of this kind; torch can"):
        choose("openvino", LAPTOP, ("torch",))


def test_an_engine_that_does_not_load_gives_way_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    # As where a package is there and its libraries aren't.
    monkeypatch.setitem(sys.modules, "codeassistd.models.backends.mlx_bert", None)
    monkeypatch.delattr(backends, "mlx_bert", raising=False)
    apple = replace(probe(), cuda=False, openvino=False, apple_silicon=True, mlx=True)
    loaded = load_embedder(EmbedderRequest(threads=1), apple)
    assert loaded.backend == "torch"
    assert "MLX is installed but does not load" in loaded.reason
    with pytest.raises(BackendUnavailableError, match="does not load"):
        load_embedder(EmbedderRequest(backend="mlx", threads=1), apple)


@pytest.mark.parametrize("threads", [0, -3])
def test_senseless_thread_counts_are_refused(threads: int) -> None:
    with pytest.raises(UsageError, match=str(threads)):
        load_embedder(EmbedderRequest(threads=threads))


def test_an_unknown_model_is_refused_before_anything_is_loaded() -> None:
    with pytest.raises(UsageError, match="no model named 'bert'"):
        identity_of(EmbedderRequest(model="bert"))


def test_an_accelerator_that_torch_was_not_built_for_falls_back_and_says_so() -> None:
    # As where a driver promises a GPU and torch is its CPU build: promise whichever device is not here.
    gpu = torch.cuda.is_available()
    machine = replace(probe(), apple_silicon=gpu, cuda=not gpu, mlx=False)
    loaded = load_embedder(EmbedderRequest(threads=1), machine)
    assert loaded.backend == "openvino"
    assert "1 thread:" in loaded.reason
    assert "cannot use the device" in loaded.reason


@pytest.mark.parametrize(
    ("capabilities", "precision"),
    [(["FP32", "BF16", "INT8"], "bf16"), (["FP32", "FP16"], "f16"), (["FP32", "INT8"], "f32")],
)
def test_precision_is_the_fastest_float_in_hardware(capabilities: list[str], precision: str) -> None:
    assert best_precision(capabilities) == precision


def test_errors_of_the_choice_are_for_people() -> None:
    assert issubclass(BackendUnavailableError, CodeassistdError)
