"""All models a user may care about, published or pulled, and the state each is in here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..catalog import DEFAULT_MODEL
from .published import PublishedModel
from .store import InstalledModel

ModelState = Literal["built-in", "installed", "unfinished", "available"]


@dataclass(frozen=True, slots=True)
class InventoryEntry:
    """One model.

    Attributes:
        name: What a user calls it.
        state: "built-in" comes with codeassistd, "unfinished" was pulled in part.
        is_usable: Whether this version of codeassistd can run it once it is there.
        published: What is known of it; None for a repository that was pulled by its own name.
        installed: The complete model on this disk, if any.
        unfinished_bytes: What was received of it so far.
    """

    name: str
    state: ModelState
    is_usable: bool
    published: PublishedModel | None
    installed: InstalledModel | None
    unfinished_bytes: int


def take_inventory(
    published: Sequence[PublishedModel],
    installed: Sequence[InstalledModel],
    unfinished: Mapping[str, int],
    loadable: Collection[str],
) -> list[InventoryEntry]:
    """Join what is published with what is here.

    Args:
        published: The models that have short names.
        installed: The complete models on this disk.
        unfinished: Bytes received of incomplete models, by name.
        loadable: Names of the models that some engine can load.

    Returns:
        The published ones in their order, then others by name.
    """
    by_name = {model.manifest.name: model for model in installed}
    known = {model.name: model for model in published}
    others = sorted((by_name.keys() | unfinished.keys()) - known.keys())
    return [
        InventoryEntry(
            name=name,
            state=_state(name, by_name, unfinished),
            is_usable=name in loadable,
            published=known.get(name),
            installed=by_name.get(name),
            unfinished_bytes=unfinished.get(name, 0),
        )
        for name in (*known, *others)
    ]


def _state(name: str, installed: Mapping[str, InstalledModel], unfinished: Mapping[str, int]) -> ModelState:
    if name == DEFAULT_MODEL:
        return "built-in"
    if name in installed:
        return "installed"
    return "unfinished" if name in unfinished else "available"
