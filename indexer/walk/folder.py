"""A folder on the way through a workspace: what applies in it, and what that means for its children."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path

from .entry import Selection
from .git_config import GitSettings, load_git_settings
from .git_index import TrackedFiles, load_tracked_files
from .git_repository import Repository, enclosing_repository, repository_at
from .gitignore import PatternList, globs_to_patterns
from .ignore_rules import GITIGNORE, OWN_IGNORE, IgnoreRules, Verdict, load_patterns

_SHA1_LENGTH = 20
_SHA256_LENGTH = 32


class Fate(Enum):
    """What a walk does with a child of a folder."""

    LISTED = auto()
    TRACKED_ONLY = auto()  # ignored, but tracked by git, or holding something that is
    SUBMODULE = auto()
    HIDDEN = auto()


@dataclass(frozen=True, slots=True)
class Folder:
    """What applies in one folder.

    Attributes:
        path: Relative to the top of the walk, with a final slash; empty for the top itself. The top is that
            of the enclosing repository where there is one, else the workspace root.
        rules: Ignore rules for its children.
        tracked: What git tracks.
        in_repository: Whether it lies in a git work tree.
        ignored: Whether git ignores it, so that only what is tracked is listed.
        include: Globs of which one must match a file or a folder above it; None when everything may be
            listed.
        included: Whether one of them matched this folder.
    """

    path: bytes
    rules: IgnoreRules
    tracked: TrackedFiles
    in_repository: bool
    ignored: bool = False
    include: PatternList | None = None
    included: bool = True

    def fate(self, path: bytes, name: bytes, *, is_directory: bool) -> Fate:
        """What becomes of a child, apart from the include globs."""
        verdict = self.rules.verdict(path, name, is_directory=is_directory)
        if verdict is Verdict.EXCLUDED:
            return Fate.HIDDEN
        tracked = self.tracked
        if is_directory and tracked.submodules and tracked.has_submodule(path):
            return Fate.SUBMODULE
        if verdict is Verdict.LISTED and not self.ignored:
            return Fate.LISTED
        known = tracked.has_files_under(path) if is_directory else tracked.has_file(path)
        return Fate.TRACKED_ONLY if known else Fate.HIDDEN

    def includes(self, path: bytes, name: bytes, *, is_directory: bool) -> bool:
        """Whether the include globs take a child."""
        if self.include is None:
            return True
        hit = self.include.last_match(path, name, is_directory=is_directory)
        return self.included if hit is None else not hit.negated

    def child(self, path: bytes, name: bytes, fate: Fate) -> Folder:
        """A folder in this one, before its own ignore files are read."""
        return replace(
            self,
            path=path + b"/",
            ignored=fate is Fate.TRACKED_ONLY,
            included=self.includes(path, name, is_directory=True),
        )

    def opened(self, location: bytes, names: Collection[bytes]) -> Folder:
        """The folder with its own ignore files in force.

        Args:
            location: Where it is on disk.
            names: The names in it.
        """
        here = [name for name in (GITIGNORE, OWN_IGNORE) if name in names]
        if self.ignored:
            here = [name for name in here if name != GITIGNORE]
        return replace(self, rules=self.rules.entering(location, self.path, here)) if here else self

    def holds_other_repository(self, location: bytes) -> bool:
        """Whether this folder, which has a `.git`, is the top of a repository unknown to the outer one."""
        if self.tracked.has_files_under(self.path[:-1]):
            return False
        return repository_at(Path(os.fsdecode(location))) is not None

    def as_repository(self, location: bytes, selection: Selection) -> Folder:
        """The same folder, under the rules of the repository whose top it is."""
        repository = repository_at(Path(os.fsdecode(location)))
        if repository is None:
            return self
        rules, tracked = _repository_rules(repository, self.rules.settings, selection, self.path)
        return replace(self, rules=replace(rules, own=self.rules.own), tracked=tracked, in_repository=True)


@dataclass(frozen=True, slots=True)
class WorkspaceTop:
    """Where a walk starts.

    Attributes:
        root: Absolute path of the workspace root.
        prefix_length: Bytes in front of a path relative to the root that lead there from the top of the walk.
        folder: The root as a folder, before its own ignore files are read.
    """

    root: bytes
    prefix_length: int
    folder: Folder


def open_workspace(root: Path, selection: Selection) -> WorkspaceTop:
    """The root of a workspace with all that applies to it from outside.

    A root that its enclosing repository ignores is treated as if it stood alone: whoever names it wants to
    see it.
    """
    real_root = Path(os.path.realpath(root))
    repository = enclosing_repository(real_root)
    folder = _root_folder(real_root, repository, selection)
    if folder is None:
        folder = _root_folder(real_root, None, selection)
    assert folder is not None  # noqa: S101 - only a repository can ignore the root
    return WorkspaceTop(os.fsencode(real_root), len(folder.path), folder)


def _root_folder(root: Path, repository: Repository | None, selection: Selection) -> Folder | None:
    """The root under the rules of a repository; None when these ignore it."""
    top = root if repository is None else repository.top
    prefix = b"".join(os.fsencode(part) + b"/" for part in root.relative_to(top).parts)
    settings = _globs(selection.exclude, prefix, "exclude")
    include = _globs(selection.include, prefix, "include")
    if repository is None:
        git_settings = load_git_settings(root, None, None, os.environ)
        rules = IgnoreRules(
            settings, (), _general_lists(git_settings, None, b"", selection), selection.respect_gitignore
        )
        tracked = TrackedFiles()
    else:
        rules, tracked = _repository_rules(repository, settings, selection, b"", within=prefix)
    folder = Folder(b"", rules, tracked, in_repository=repository is not None)
    location = os.fsencode(top)
    for part in root.relative_to(top).parts:
        name = os.fsencode(part)
        folder = folder.opened(location, (GITIGNORE, OWN_IGNORE))
        path = folder.path + name
        if folder.fate(path, name, is_directory=True) is not Fate.LISTED:
            return None
        folder = folder.child(path, name, Fate.LISTED)
        location += b"/" + name
    return replace(folder, include=include[0], included=False) if include else folder


def _repository_rules(
    repository: Repository,
    settings: tuple[PatternList, ...],
    selection: Selection,
    base: bytes,
    within: bytes = b"",
) -> tuple[IgnoreRules, TrackedFiles]:
    git_settings = load_git_settings(
        repository.top, repository.common_dir / "config", repository.git_dir / "config.worktree", os.environ
    )
    lists = _general_lists(git_settings, repository, base, selection)
    rules = IgnoreRules(settings, (), lists, selection.respect_gitignore, git_settings.ignore_case)
    tracked = load_tracked_files(
        repository.git_dir,
        hash_length=_SHA256_LENGTH if git_settings.sha256 else _SHA1_LENGTH,
        prefix=base,
        within=within,
        ignore_case=git_settings.ignore_case,
    )
    return rules, tracked


def _general_lists(
    settings: GitSettings, repository: Repository | None, base: bytes, selection: Selection
) -> tuple[PatternList, ...]:
    """Patterns from outside the tree, the strongest first."""
    if not selection.respect_gitignore:
        return ()
    lists = []
    if repository is not None:
        exclude = repository.common_dir / "info" / "exclude"
        lists.append(load_patterns(exclude, base, ".git/info/exclude", ignore_case=settings.ignore_case))
    if settings.excludes_file is not None:
        path = settings.excludes_file
        lists.append(load_patterns(path, base, str(path), ignore_case=settings.ignore_case))
    return tuple(found for found in lists if found is not None)


def _globs(globs: tuple[str, ...], base: bytes, source: str) -> tuple[PatternList, ...]:
    patterns = globs_to_patterns(globs)
    return (PatternList(patterns, base=base, source=source),) if globs else ()
