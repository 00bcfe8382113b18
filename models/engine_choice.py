"""Which engine runs a model on a machine, and why, in words for a user. Pure: nothing is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from .errors import CodeassistdError, UsageError

if TYPE_CHECKING:
    from .hardware import Hardware

EngineName = Literal["mlx", "openvino", "torch"]
BackendName = Literal["auto", "mlx", "openvino", "torch"]
Device = Literal["cpu", "cuda", "mps", "metal"]

ALL_ENGINES: tuple[EngineName, ...] = get_args(EngineName)
_INSTALL: dict[EngineName, str] = {
    "mlx": "pip install 'codeassistd[mlx]'",
    "openvino": "pip install openvino",
    "torch": "pip install torch",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine and the reason for it, in words for a user."""

    engine: EngineName
    device: Device
    why: str


class BackendUnavailableError(CodeassistdError):
    """No engine that was asked for can run here."""


def choose(backend: str, machine: Hardware, engines: Sequence[EngineName] = ALL_ENGINES) -> Choice:
    """Pick an engine.

    Args:
        backend: "auto" or the engine a user asked for.
        machine: The hardware.
        engines: Those that can run the model.

    Returns:
        The engine, its device and the reason.

    Raises:
        UsageError: There is no such backend.
        BackendUnavailableError: The engine, or every engine, is missing here or can't run the model.
    """
    if backend not in get_args(BackendName):
        known = ", ".join(get_args(BackendName))
        raise UsageError(f"There is no backend named {backend!r}.", hint=f"Use one of {known}.")
    installed = installed_engines(machine)
    for engine in ALL_ENGINES:
        if engine == backend:
            _require_able(engine, engines)
            _require_installed(engine, installed)
            return Choice(engine, _device(engine, machine), "chosen in the settings")
    found = [_ranked(engine, machine, engines) for engine in engines if engine in installed]
    if not found:
        _require_installed("torch" if "torch" in engines else engines[0], installed)
    return min(found)[1]


def installed_engines(machine: Hardware) -> tuple[EngineName, ...]:
    """The engines that are installed on a machine."""
    here = {"mlx": machine.mlx, "openvino": machine.openvino, "torch": machine.torch}
    return tuple(engine for engine in ALL_ENGINES if here[engine])


def _ranked(
    engine: EngineName, machine: Hardware, engines: Sequence[EngineName]
) -> tuple[tuple[int, str], Choice]:
    """A choice and its rank, lower being better."""
    device = _device(engine, machine)
    rank, why = _merits(engine, device, machine, engines)
    return (rank, engine), Choice(engine, device, why)


def _merits(
    engine: EngineName, device: Device, machine: Hardware, engines: Sequence[EngineName]
) -> tuple[int, str]:
    if len(engines) == 1 and device == "cpu":
        return 0, "the engine for models of this kind"
    if device == "metal":
        return 0, "made for Apple silicon"
    if device in {"cuda", "mps"}:
        return 1, "there is an accelerator that torch can use"
    if engine == "openvino":
        return 2, "fastest engine for this CPU"
    if engine == "torch":
        return 3, "OpenVINO is not installed" if not machine.openvino else "runs on any CPU"
    return 4, "no other engine is installed"


def _device(engine: EngineName, machine: Hardware) -> Device:
    if engine == "mlx":
        return "metal" if machine.apple_silicon else "cpu"
    if engine == "torch":
        return "cuda" if machine.cuda else "mps" if machine.apple_silicon else "cpu"
    return "cpu"


def _require_able(engine: EngineName, engines: Sequence[EngineName]) -> None:
    if engine not in engines:
        able = " and ".join(engines)
        raise BackendUnavailableError(
            f"The engine {engine} can't run a model of this kind; {able} can.",
            hint='Set model.engine to "auto".',
        )


def _require_installed(engine: EngineName, installed: Sequence[EngineName]) -> None:
    if engine not in installed:
        raise BackendUnavailableError(
            f"The engine {engine} is not installed, so that no model can run on it.", hint=_INSTALL[engine]
        )
