"""What the networks on torch have in common: one at a time computes, in halves where memory is short."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch

from . import torch_device

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..identity import Pooling

_LEAST_BUDGET = 512
_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class TorchNetwork(ABC):
    """A network whose weights are on a device; see ``encoder.Network``.

    Attributes:
        device: Where it runs.
        dtype: Arithmetic of the network; pooling is always float32.
        token_budget: Padded tokens in a batch that suit the device.
        resources: What it computes with, in words.
        pooling: How token vectors become one.
        lanes: Batches that run well at the same time.
        turn: Held while it computes.
    """

    device: torch.device
    dtype: torch.dtype
    token_budget: int
    resources: str
    pooling: Pooling = "mean"
    lanes: int = 1
    turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def precision(self) -> str:
        """The arithmetic's name, for instance "bfloat16"."""
        return str(self.dtype).removeprefix("torch.")

    def forward(self, ids: NDArray[np.int32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one batch, in halves where the device has not enough memory.

        Raises:
            CodeassistdError: The memory does not suffice for a single text.
        """
        with self.turn, torch.inference_mode():
            return torch_device.halving_when_out_of_memory(self._forward, ids, mask, self._halved)

    @abstractmethod
    def tokens(self, ids: NDArray[np.int32], mask: NDArray[np.float32]) -> torch.Tensor:
        """The vectors of all tokens, of shape (texts, tokens, hidden); for a caller that holds `turn`.

        Args:
            ids: Token ids of shape (texts, tokens).
            mask: Same shape, 1 for a token and 0 for padding.
        """

    def _forward(self, ids: NDArray[np.int32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
        tokens = self.tokens(ids, mask).float()
        return torch_device.pooled(tokens, torch.from_numpy(mask).to(self.device), self.pooling)

    def _halved(self) -> None:
        """Plan smaller batches from now on: what was too much once is again."""
        self.token_budget = max(self.token_budget // 2, _LEAST_BUDGET)
        _log.warning("Memory ran out; batches have at most %d tokens from now on.", self.token_budget)
