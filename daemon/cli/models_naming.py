"""Which model a name on the command line means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...models.errors import CodeassistdError

if TYPE_CHECKING:
    from ...models.hub.inventory import InventoryEntry


def named(name: str, entries: Sequence[InventoryEntry]) -> InventoryEntry:
    """Find a model that is known or here.

    Args:
        name: As given: a model's name or its repository; case doesn't matter.
        entries: All models.

    Returns:
        The one that is meant; what is on this disk goes before what could be.

    Raises:
        CodeassistdError: There is no such model; the hint offers the names that come close.
    """
    from ...models.hub.address import is_repository
    from ...models.hub.published import unknown_model

    wanted = name.strip().lower()
    meant = [entry for entry in entries if wanted == entry.name.lower()] + [
        entry for entry in entries if entry.published and wanted == entry.published.repository.lower()
    ]
    if meant:
        return meant[0]
    if is_repository(name.strip()):
        raise CodeassistdError(
            f"{name.strip()} is not installed", "`codeassistd models list` shows which models are"
        )
    raise unknown_model(name, [entry.name for entry in entries], "`codeassistd models list` shows the names")
