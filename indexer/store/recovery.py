"""What to do with an index that can't be continued: set it aside, never delete it at once."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from typing import TYPE_CHECKING

from .errors import DamagedIndexError, first_line, is_damage
from .layout import FORMAT_VERSION
from .manifest import Manifest

if TYPE_CHECKING:
    from pathlib import Path

    from .layout import IndexLayout
    from .manifest import Head

_SET_ASIDE = "set-aside"


def open_manifest(layout: IndexLayout) -> tuple[Manifest, str]:
    """Open an index's manifest for writing; an index that can't be continued is set aside first.

    Args:
        layout: The index, its write lock held.

    Returns:
        The manifest, and why the index starts anew; "" when it doesn't.

    Raises:
        sqlite3.DatabaseError: The manifest can't be opened for a reason outside of it, such as a full disk.
    """
    try:
        manifest = Manifest(layout.manifest, create=True)
        manifest.check()
        head = manifest.head()
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        why = f"the index was damaged ({first_line(error)})"
    else:
        if head is None or (head.format == FORMAT_VERSION and layout.has_table()):
            return manifest, ""
        why = "the index has lost its chunk table"
        if head.format != FORMAT_VERSION:
            why = f"the index has format {head.format}, this version writes {FORMAT_VERSION}"
        manifest.close()
    aside = set_aside(layout)
    return Manifest(layout.manifest, create=True), f"{why}; it was set aside in {aside}"


def require_format(layout: IndexLayout, head: Head) -> None:
    """Check that an index is one that this version reads.

    Raises:
        DamagedIndexError: It is of another format.
    """
    if head.format != FORMAT_VERSION:
        cause = ValueError(f"it has format {head.format}, this version reads {FORMAT_VERSION}")
        raise DamagedIndexError(layout.folder, cause)


def set_aside(layout: IndexLayout) -> Path:
    """Move an unusable index out of the way, replacing what was set aside before.

    Args:
        layout: The index; its lock files stay.

    Returns:
        The folder it was moved to.
    """
    aside = layout.folder / _SET_ASIDE
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for part in (layout.database, *layout.folder.glob(layout.manifest.name + "*")):
        with contextlib.suppress(FileNotFoundError):
            part.rename(aside / part.name)
    return aside
