"""The ignore rules in force in one folder: its own, those of the folders above, and the general ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path

from .bounded_read import read_regular
from .gitignore import Pattern, PatternList, parse_patterns

GITIGNORE = b".gitignore"
OWN_IGNORE = b".codeassistignore"


class Verdict(Enum):
    """What the rules say about a path."""

    LISTED = auto()
    IGNORED = auto()  # by git's rules, which do not hide what git tracks
    EXCLUDED = auto()  # by the user's wish, tracked or not


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """Pattern lists in order of precedence, the strongest first.

    Attributes:
        settings: Exclude globs from the settings.
        own: `.codeassistignore` files from the deepest up.
        git: `.gitignore` files from the deepest up, then `info/exclude`, then the user's own file.
        respect_git: Whether `git` grows with the `.gitignore` files of entered folders.
        ignore_case: Whether patterns match in both cases.
    """

    settings: tuple[PatternList, ...] = ()
    own: tuple[PatternList, ...] = ()
    git: tuple[PatternList, ...] = ()
    respect_git: bool = True
    ignore_case: bool = False

    def verdict(self, path: bytes, name: bytes, *, is_directory: bool) -> Verdict:
        """What happens to a path whose folder is not ignored."""
        for lists, hidden in (
            (self.settings, Verdict.EXCLUDED),
            (self.own, Verdict.EXCLUDED),
            (self.git, Verdict.IGNORED),
        ):
            for patterns in lists:
                hit = patterns.last_match(path, name, is_directory=is_directory)
                if hit is not None:
                    return Verdict.LISTED if hit.negated else hidden
        return Verdict.LISTED

    def deciding(self, path: bytes, name: bytes, *, is_directory: bool) -> tuple[PatternList, Pattern] | None:
        """The pattern that `verdict` goes by, and the list it stands in."""
        for patterns in (*self.settings, *self.own, *self.git):
            hit = patterns.last_match(path, name, is_directory=is_directory)
            if hit is not None:
                return patterns, hit
        return None

    def entering(self, folder: bytes, base: bytes, names: Iterable[bytes]) -> IgnoreRules:
        """The rules inside a folder.

        Args:
            folder: Where it is, for reading its ignore files.
            base: Its path relative to the top of the walk with a final slash; empty for the top itself.
            names: Which of the two kinds of ignore file it holds.
        """
        own, git = self.own, self.git
        if OWN_IGNORE in names:
            own = _before(own, self._load(folder, base, OWN_IGNORE))
        if GITIGNORE in names and self.respect_git:
            git = _before(git, self._load(folder, base, GITIGNORE))
        return self if own is self.own and git is self.git else replace(self, own=own, git=git)

    def _load(self, folder: bytes, base: bytes, name: bytes) -> PatternList | None:
        source = (base + name).decode("utf-8", "backslashreplace")
        # Git does not follow links here either: they may lead out of the repository.
        data = read_regular(folder + b"/" + name, follow_symlink=False)
        return pattern_list(data, base, source, ignore_case=self.ignore_case)


def load_patterns(path: Path, base: bytes, source: str, *, ignore_case: bool) -> PatternList | None:
    """The patterns of a file that lies outside the tree it is about, or None when it has none."""
    return pattern_list(read_regular(path), base, source, ignore_case=ignore_case)


def pattern_list(data: bytes | None, base: bytes, source: str, *, ignore_case: bool) -> PatternList | None:
    """The patterns of an ignore file's contents, or None when it has none."""
    patterns = parse_patterns(data, ignore_case=ignore_case) if data else []
    return PatternList(patterns, base=base, source=source, ignore_case=ignore_case) if patterns else None


def _before(lists: tuple[PatternList, ...], added: PatternList | None) -> tuple[PatternList, ...]:
    return lists if added is None else (added, *lists)
