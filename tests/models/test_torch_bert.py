from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from codeassistd.models.backends import torch_bert, torch_device
from codeassistd.models.backends.bert_weights import BertWeights
from codeassistd.models.catalog import CatalogEntry
from codeassistd.models.encoder import TextEncoder, pad
from codeassistd.models.errors import CodeassistdError, DeviceUnavailableError
from codeassistd.models.tokenization import Tokenizer
from codeassistd.models.weights import ModelFiles


@pytest.mark.parametrize(("dtype", "cosine"), [(torch.float32, 0.999_99), (torch.bfloat16, 0.999)])
def test_each_precision_is_close_to_the_reference(
    minilm: BertWeights,
    files: ModelFiles,
    entry: CatalogEntry,
    golden_texts: list[str],
    golden_vectors: NDArray[np.float32],
    dtype: torch.dtype,
    cosine: float,
) -> None:
    network = torch_bert.build(minilm, "cpu", threads=2, dtype=dtype)
    tokenizer = Tokenizer(files.tokenizer, entry.max_tokens, threads=2)
    vectors = TextEncoder(entry.identity(), tokenizer, network).embed(golden_texts, "document")
    assert np.einsum("nd,nd->n", vectors, golden_vectors).min() > cosine


class SmallDevice:
    """A forward pass on a device with room for a given number of texts."""

    def __init__(self, room: int, error: RuntimeError) -> None:
        self.room = room
        self.error = error
        self.batches: list[int] = []

    def __call__(self, ids: NDArray[np.int32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
        if len(ids) > self.room:
            raise self.error
        self.batches.append(len(ids))
        sums: NDArray[np.float32] = (ids * mask).sum(axis=1, keepdims=True).astype(np.float32)
        return sums


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_a_batch_that_does_not_fit_runs_in_halves_in_order(error: RuntimeError) -> None:
    device = SmallDevice(room=3, error=error)
    ids, mask = pad([[number, 1] for number in range(11)])
    vectors = torch_device.halving_when_out_of_memory(device, ids, mask)
    assert vectors[:, 0].tolist() == [number + 1 for number in range(11)]
    assert max(device.batches) <= 3


def test_memory_too_small_for_one_text_is_an_error_for_people() -> None:
    device = SmallDevice(room=0, error=torch.OutOfMemoryError("CUDA out of memory"))
    with pytest.raises(CodeassistdError, match="one text of 2 tokens"):
        torch_device.halving_when_out_of_memory(device, *pad([[1, 2], [3, 4]]))


def test_other_errors_are_not_taken_for_a_lack_of_memory() -> None:
    device = SmallDevice(room=0, error=RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="shapes"):
        torch_device.halving_when_out_of_memory(device, *pad([[1], [2]]))


@pytest.mark.parametrize(
    ("device", "usable"), [("cuda", torch.cuda.is_available), ("mps", torch.backends.mps.is_available)]
)
def test_a_device_is_used_or_refused_in_words(
    minilm: BertWeights, device: torch_device.Device, usable: Callable[[], bool]
) -> None:
    if usable():
        assert torch_bert.build(minilm, device, threads=1).device.type == device
    else:
        with pytest.raises(DeviceUnavailableError, match=device):
            torch_bert.build(minilm, device, threads=1)


def test_after_a_lack_of_memory_batches_stay_smaller(
    minilm: BertWeights,
    files: ModelFiles,
    entry: CatalogEntry,
    golden_texts: list[str],
    golden_vectors: NDArray[np.float32],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The device alone is played: it has room for 4 texts at a time.
    network = torch_bert.build(minilm, "cpu", threads=2, dtype=torch.float32)
    whole = torch_bert.TorchBert.tokens

    def tokens(self: torch_bert.TorchBert, ids: NDArray[np.int32], *others: object) -> torch.Tensor:
        if len(ids) > 4:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return whole(self, ids, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(torch_bert.TorchBert, "tokens", tokens)
    before = network.token_budget
    encoder = TextEncoder(entry.identity(), Tokenizer(files.tokenizer, entry.max_tokens, 2), network)
    vectors = encoder.embed(golden_texts, "document")
    assert np.einsum("nd,nd->n", vectors, golden_vectors).min() > 0.999
    assert network.token_budget < before


def test_a_gpu_says_which_and_how_much_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    # The card alone is played.
    monkeypatch.setattr(torch.version, "cuda", "12.8")
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA H100")
    assert torch_device.resources("cuda", 4) == "CUDA 12.8 on NVIDIA H100, batches of 65,536 tokens"
    assert torch_device.resources("mps", 4) == "MPS, batches of 16,384 tokens"
    assert (torch_device.resources("cpu", 1), torch_device.resources("cpu", 2)) == ("1 thread", "2 threads")


@pytest.mark.parametrize(
    ("bf16", "capability", "dtype"),
    [(True, (9, 0), torch.bfloat16), (False, (7, 5), torch.float16), (False, (6, 1), torch.float32)],
)
def test_a_gpu_computes_in_what_it_has_in_hardware(
    monkeypatch: pytest.MonkeyPatch, bf16: bool, capability: tuple[int, int], dtype: torch.dtype
) -> None:
    # The card alone is played.
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: bf16)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    assert torch_device.best_dtype("cuda") is dtype
    assert torch_device.best_dtype("mps") is torch.float16
