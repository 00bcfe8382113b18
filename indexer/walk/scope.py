"""A part of a workspace: some files, and some folders with all that is below them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .ignore_rules import GITIGNORE, OWN_IGNORE

if TYPE_CHECKING:
    from collections.abc import Iterable

_RULE_FILES = {GITIGNORE.decode(), OWN_IGNORE.decode()}


@dataclass(frozen=True, slots=True)
class Scope:
    """Paths to look at, and nothing else.

    Attributes:
        paths: POSIX paths relative to the workspace; a folder stands for everything below it.
        wanted: The same as bytes.
        above: Every folder on the way to one of them.
    """

    paths: tuple[str, ...]
    wanted: frozenset[bytes]
    above: frozenset[bytes]

    def covers(self, path: bytes) -> bool:
        """Whether a path is one of the scope's, or lies below one."""
        if path in self.wanted:
            return True
        end = path.rfind(b"/")
        while end > 0:
            if path[:end] in self.wanted:
                return True
            end = path.rfind(b"/", 0, end)
        return False


def scope_of(paths: Iterable[str]) -> Scope | None:
    """The scope of changed paths.

    Args:
        paths: POSIX paths relative to the workspace, of files or folders that exist or did.

    Returns:
        Their scope; None when only a look at the whole workspace tells what the changes mean: a file with
        ignore rules is among them, something in a `.git`, the workspace itself, or a path that leads out.
    """
    wanted: set[str] = set()
    for path in paths:
        parts = path.strip("/").split("/")
        if path.startswith("/") or not _are_plain(parts):
            return None
        wanted.add("/".join(parts))
    encoded = frozenset(path.encode("utf-8", "surrogateescape") for path in wanted)
    above = {path[:end] for path in encoded for end in range(len(path)) if path[end : end + 1] == b"/"}
    return Scope(tuple(sorted(wanted)), encoded, frozenset(above))


def _are_plain(parts: list[str]) -> bool:
    if any(part in {"", ".", ".."} or part.lower() == ".git" for part in parts):
        return False
    return parts[-1].lower() not in _RULE_FILES
