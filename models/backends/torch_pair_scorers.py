"""Rerankers of any architecture that transformers knows, on torch; code from models is never run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..weights_files import WeightsError
from . import torch_device
from .torch_transformer import loaded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .torch_device import Device

Logits = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""From ids, segments and mask, all of shape (pairs, tokens), to numbers of shape (pairs,)."""


@dataclass(slots=True)
class TorchPairScorer:
    """A network for pairs of texts whose weights are on a device; see ``cross_encoder.PairNetwork``."""

    device: torch.device
    token_budget: int
    padding: int
    _logits: Logits
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def forward(self, pairs: NDArray[np.int32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one batch, in halves where the device has not enough memory.

        Raises:
            CodeassistdError: The memory does not suffice for a single pair.
        """
        with self._turn, torch.inference_mode():
            return torch_device.halving_when_out_of_memory(self._forward, pairs, mask)

    def _forward(self, pairs: NDArray[np.int32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
        ids, segments = (
            torch.from_numpy(np.ascontiguousarray(pairs.transpose(2, 0, 1))).to(self.device).long()
        )
        present = torch.from_numpy(mask).to(self.device).long()
        # Some models number positions by which ids are not padding.
        logits = self._logits(ids.masked_fill(present == 0, self.padding), segments, present)
        found: NDArray[np.float32] = logits.float().cpu().numpy()
        return found


def classifier(
    folder: Path, device: Device, threads: int, dtype: torch.dtype | None = None
) -> TorchPairScorer:
    """A cross-encoder with one output, such as bge-reranker.

    Args:
        folder: Has config.json and weights in safetensors.
        device: Where to run it.
        threads: Most threads that compute at the same time on the CPU; holds for all of torch in the process.
        dtype: Arithmetic; by default the fastest float type that suits hardware and model.

    Raises:
        WeightsError: transformers doesn't know the architecture, or the weights don't fit it.
        DeviceUnavailableError: torch cannot use the device.
    """
    model = loaded(folder, "AutoModelForSequenceClassification", device, threads, dtype)
    has_segments = (getattr(model.config, "type_vocab_size", 0) or 0) > 1

    def logits(ids: torch.Tensor, segments: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        more = {"token_type_ids": segments} if has_segments else {}
        found: torch.Tensor = model(input_ids=ids, attention_mask=present, **more).logits
        if found.shape != (len(ids), 1):
            raise WeightsError(f"The reranker in {folder} gives {found.shape[1]} numbers a pair, not one.")
        return found[:, 0]

    return _scorer(model, device, logits)


def judge(
    folder: Path, yes: int, no: int, device: Device, threads: int, dtype: torch.dtype | None = None
) -> TorchPairScorer:
    """A model that writes, and is asked whether a passage answers: Qwen3-Reranker.

    Args:
        folder: Has config.json and weights in safetensors.
        yes: The token that says so,
        no: and the one that denies it.
        device: See `classifier`.
        threads: See `classifier`.
        dtype: See `classifier`.

    Raises:
        WeightsError: As `classifier` does.
        DeviceUnavailableError: torch cannot use the device.
    """
    model = loaded(folder, "AutoModelForCausalLM", device, threads, dtype)
    rows = model.get_output_embeddings().weight
    # Of the whole vocabulary two logits matter, and of those the difference.
    direction = rows[yes].float() - rows[no].float()

    def logits(ids: torch.Tensor, _segments: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        tokens = model.get_decoder()(input_ids=ids, attention_mask=present).last_hidden_state
        last = present.sum(dim=1) - 1
        found: torch.Tensor = tokens[torch.arange(len(ids), device=tokens.device), last].float() @ direction
        return found

    return _scorer(model, device, logits)


def _scorer(model: Any, device: Device, logits: Logits) -> TorchPairScorer:
    padding = getattr(model.config, "pad_token_id", None) or 0
    return TorchPairScorer(torch.device(device), torch_device.TOKEN_BUDGETS[device], padding, logits)
