"""What torch can compute on here, in which arithmetic, and how a batch gets by with little memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  (the name that everybody reads)

from ..errors import CodeassistdError, DeviceUnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..engine_choice import Choice
    from ..identity import Pooling

N = TypeVar("N")
Device = Literal["cpu", "cuda", "mps"]

FULL_PRECISION = torch.float32

# A CPU wants its caches full and no more; an accelerator wants work enough for all its units.
TOKEN_BUDGETS: dict[Device, int] = {"cpu": 1_024, "mps": 16_384, "cuda": 65_536}


def best_dtype(device: Device) -> torch.dtype:
    """The fastest float type that a device computes with in hardware."""
    if device == "mps":
        return torch.float16
    if device == "cuda":
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return torch.bfloat16
        return torch.float16 if torch.cuda.get_device_capability() >= (7, 0) else torch.float32
    # Processors without the instructions emulate bf16, at a fraction of the speed of fp32.
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    fast = capabilities.get("avx512_bf16") or capabilities.get("amx_bf16")
    return torch.bfloat16 if fast else torch.float32


def pooled(tokens: torch.Tensor, mask: torch.Tensor, pooling: Pooling) -> NDArray[np.float32]:
    """One unit vector for each text.

    Args:
        tokens: float32 of shape (texts, tokens, hidden); padding is on the right.
        mask: 1 for a token and 0 for padding, of shape (texts, tokens).
        pooling: How token vectors become one.

    Returns:
        float32 of shape (texts, hidden).
    """
    if pooling == "mean":  # the sum has the direction of the mean
        chosen = torch.einsum("nth,nt->nh", tokens, mask)
    elif pooling == "cls":
        chosen = tokens[:, 0]
    else:
        last = mask.sum(dim=1).long() - 1
        chosen = tokens[torch.arange(len(tokens), device=tokens.device), last]
    vectors: NDArray[np.float32] = F.normalize(chosen, dim=1).cpu().numpy()
    return vectors


def halving_when_out_of_memory(
    forward: Callable[[NDArray[np.int32], NDArray[np.float32]], NDArray[np.float32]],
    ids: NDArray[np.int32],
    mask: NDArray[np.float32],
    on_halved: Callable[[], None] = lambda: None,
) -> NDArray[np.float32]:
    """Run a batch, and its halves one after the other when the device has not enough memory for it.

    Args:
        forward: Runs one batch.
        ids: Token ids of shape (texts, tokens).
        mask: Same shape, 1 for a token and 0 for padding.
        on_halved: Called whenever a batch has turned out too large.

    Returns:
        The vectors of all texts, in order.

    Raises:
        CodeassistdError: The memory does not suffice for a single text.
    """
    try:
        return forward(ids, mask)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
    if len(ids) == 1:
        raise CodeassistdError(
            f"The device has not enough free memory for one text of {ids.shape[1]} tokens.",
            hint="Close other programs that use the GPU, or choose another backend in the settings.",
        )
    on_halved()
    # The cache of freed blocks is of sizes that fit the failed batch.
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    middle = len(ids) // 2
    halves = (slice(None, middle), slice(middle, None))
    return np.concatenate(
        [halving_when_out_of_memory(forward, ids[half], mask[half], on_halved) for half in halves]
    )


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether an error of torch says that memory ran out; MPS and the CPU say so in words only."""
    words = str(error).lower()
    return (
        isinstance(error, torch.OutOfMemoryError)
        or "out of memory" in words
        or "can't allocate memory" in words
    )


def on_device_or_cpu(build: Callable[[Device], N], choice: Choice) -> N:
    """Build a network where it was chosen to run, or on the CPU where the installed torch can't.

    Args:
        build: Raises DeviceUnavailableError where torch can't use the device.
        choice: Of the engine torch.
    """
    device: Device = "cpu" if choice.device == "metal" else choice.device
    try:
        return build(device)
    except DeviceUnavailableError:
        # The probe saw an accelerator that the installed torch was not built for.
        return build("cpu")


def require(device: Device) -> None:
    """Make sure that torch can use a device.

    Raises:
        DeviceUnavailableError: It can't.
    """
    usable: dict[Device, Callable[[], bool]] = {
        "cpu": lambda: True,
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
    }
    if not usable[device]():
        raise DeviceUnavailableError(
            f"The installed torch cannot use the device {device}.",
            hint="Install a torch build for it (https://pytorch.org), or go on with the CPU.",
        )


def resources(device: Device, threads: int) -> str:
    """What a device computes with, in words."""
    if device == "cpu":
        return f"{threads} thread{'s' * (threads > 1)}"
    name = f"CUDA {torch.version.cuda} on {torch.cuda.get_device_name()}" if device == "cuda" else "MPS"
    return f"{name}, batches of {TOKEN_BUDGETS[device]:,} tokens"
