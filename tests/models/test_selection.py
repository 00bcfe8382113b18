from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

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
    machine = replace(probe(), apple_silicon=gpu, cuda=not gpu)
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
