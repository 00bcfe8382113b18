"""Sentence encoders of any architecture that transformers knows, on torch; code from models is never run."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from ..weights_files import WeightsError
from . import torch_device
from .torch_network import TorchNetwork

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..identity import Pooling
    from .torch_device import Device

_HINT = "Pull another model: `codeassistd models list` shows some that work."


@dataclass(slots=True, kw_only=True)
class TorchTransformer(TorchNetwork):
    """A model of ``transformers``; see `TorchNetwork`."""

    model: Any

    def tokens(self, ids: NDArray[np.int32], mask: NDArray[np.float32]) -> torch.Tensor:
        """The vectors of all tokens; see `TorchNetwork`."""
        present = torch.from_numpy(mask).to(self.device)
        padding = getattr(self.model.config, "pad_token_id", None) or 0
        # Some models number positions by which ids are not padding.
        shown = torch.from_numpy(ids).to(self.device).long().masked_fill(present == 0, padding)
        found: torch.Tensor = self.model(input_ids=shown, attention_mask=present.long()).last_hidden_state
        return found


def build(
    folder: Path, device: Device, threads: int, pooling: Pooling, dtype: torch.dtype | None = None
) -> TorchTransformer:
    """Load a model from a folder.

    Args:
        folder: Has config.json and weights in safetensors.
        device: Where to run it.
        threads: Most threads that compute at the same time on the CPU; holds for all of torch in the process.
        pooling: How token vectors become one.
        dtype: Arithmetic; by default the fastest float type that suits hardware and model.

    Returns:
        The network.

    Raises:
        WeightsError: transformers doesn't know the architecture, or the weights don't fit it.
        DeviceUnavailableError: torch cannot use the device.
    """
    model = loaded(folder, "AutoModel", device, threads, dtype)
    return TorchTransformer(
        model=model,
        device=torch.device(device),
        dtype=next(model.parameters()).dtype,
        pooling=pooling,
        token_budget=torch_device.TOKEN_BUDGETS[device],
        resources=torch_device.resources(device, threads),
    )


def is_installed() -> bool:
    """Whether transformers is here; nothing is imported to tell."""
    return importlib.util.find_spec("transformers") is not None


def loaded(folder: Path, kind: str, device: Device, threads: int, dtype: torch.dtype | None) -> Any:
    """A model of transformers on a device.

    Args:
        folder: Has config.json and weights in safetensors.
        kind: The class of transformers that chooses the model's own, such as "AutoModel".
        device: Where it will run.
        threads: See `build`.
        dtype: See `build`.

    Raises:
        WeightsError: As `build` does.
        DeviceUnavailableError: torch cannot use the device.
    """
    if device == "cpu":
        torch.set_num_threads(threads)
    torch_device.require(device)
    # Everything is in the folder; whoever reads this environment would ask the network otherwise.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import transformers  # noqa: PLC0415 - seconds, which the own BERT saves
    from transformers.utils import logging as transformers_logging  # noqa: PLC0415

    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        config = transformers.AutoConfig.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        model, found = getattr(transformers, kind).from_pretrained(
            folder,
            config=config,
            dtype=dtype or _fitting_dtype(device, config),
            # The configuration must not choose: it could name a kernel to be downloaded.
            attn_implementation="sdpa",
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except Exception as error:
        said = str(error).strip().partition("\n")[0]
        raise WeightsError(f"transformers can't load the model in {folder}: {said}", hint=_HINT) from error
    _refuse_made_up_weights(folder, found)
    _refuse_other_rotation(folder, config)
    model.config.use_cache = False
    return model.eval().to(torch.device(device))


def _refuse_other_rotation(folder: Path, config: Any) -> None:
    """A configuration for code of its own may give the base of rotary positions under another name."""
    wanted = getattr(config, "rotary_emb_base", None)
    parameters = getattr(config, "rope_parameters", None) or {}
    used = parameters.get("rope_theta")
    if wanted is not None and used is not None and float(wanted) != float(used):
        raise WeightsError(
            f"The model in {folder} rotates positions by {wanted}, which transformers reads as {used}.",
            hint=_HINT,
        )


def _fitting_dtype(device: Device, config: Any) -> torch.dtype:
    # What was trained in bfloat16 may overflow in float16.
    if device == "mps" and getattr(config, "dtype", None) is torch.bfloat16:
        return torch.float32
    return torch_device.best_dtype(device)


def _refuse_made_up_weights(folder: Path, found: dict[str, Any]) -> None:
    """Tensors that the files lack would be random numbers; a pooler's are not used."""
    missing = sorted(name for name in found.get("missing_keys", ()) if not name.startswith("pooler."))
    wrong = missing or sorted(str(name) for name in found.get("mismatched_keys", ()))
    if wrong:
        raise WeightsError(
            f"The weights in {folder} don't fit their configuration: {len(wrong)} tensors are missing or of"
            f" another shape, such as {wrong[0]}.",
            hint=_HINT,
        )
