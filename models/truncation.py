"""Shorter vectors from models that are trained for it (Matryoshka): their first numbers, made unit length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .encoder import Network


@dataclass(slots=True)
class TruncatedNetwork:
    """A ``Network`` whose vectors are cut.

    Attributes:
        network: The whole network.
        dimensions: Length of a vector.
    """

    network: Network
    dimensions: int

    @property
    def lanes(self) -> int:
        """See ``Network``."""
        return self.network.lanes

    @property
    def token_budget(self) -> int:
        """See ``Network``."""
        return self.network.token_budget

    def forward(self, ids: NDArray[np.int32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one batch; see ``Network``."""
        vectors = self.network.forward(ids, mask)[:, : self.dimensions]
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: NDArray[np.float32] = vectors / np.maximum(lengths, np.float32(1e-12))
        return unit
