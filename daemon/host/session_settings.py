"""The settings of every open workspace: files, environment, and what editors ask for; read anew on change."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ...indexer.workspace import SETTINGS_FILE
from ...models.errors import CodeassistdError
from ..settings import RULES, build_settings
from ..settings_loading import SettingsError, read_settings, user_file
from ..settings_rules import RuleError
from ..settings_sources import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..settings import Settings

_SOURCE = "editor"
_SHARED_SECTIONS = ("model.", "hub.", "generation.", "daemon.")
"""All sessions share what these are about, so no session sets them."""

_Stamp = tuple[int, int, int] | None


class SettingsSource:
    """Settings by workspace, cached until a file behind them changes. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cache: dict[Path | None, Settings] = {}
        self._overrides: dict[object, dict[str, object]] = {}
        self._roots: dict[object, set[Path]] = {}
        self._stamps: dict[Path, _Stamp] = {}
        self._problems: dict[Path | None, tuple[Problem, ...]] = {}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong in a source; what is right counts all the same."""
        with self._lock:
            return tuple(
                {problem.message: problem for some in self._problems.values() for problem in some}.values()
            )

    def of(self, root: Path | None) -> Settings:
        """The settings in force for a workspace; None leaves out what only holds in one."""
        with self._lock:
            settings = self._cache.get(root)
            if settings is None:
                settings = self._cache[root] = self._read(root)
            return settings

    def override(self, session: object, settings: Mapping[str, object]) -> bool:
        """Take what an editor's user has set, for the workspaces that the editor has open.

        Where editors differ, the one that came last wins.

        Args:
            session: Whose settings; they replace what it set before.
            settings: Values by dotted key.

        Returns:
            Whether anything is different now.

        Raises:
            SettingsError: A key is unknown or shared by all sessions, or a value is wrong.
        """
        checked = {key: _checked(key, value) for key, value in settings.items()}
        with self._lock:
            if self._overrides.get(session, {}) == checked:
                return False
            self._overrides[session] = checked
            self._cache.clear()
            return bool(self._roots.get(session))

    def apply_to(self, session: object, root: Path) -> bool:
        """Let a session's settings hold in a workspace that it opens; tells whether that changes anything."""
        with self._lock:
            self._roots.setdefault(session, set()).add(root)
            self._cache.pop(root, None)
            return bool(self._overrides.get(session))

    def forget(self, session: object) -> bool:
        """Take back what a session has set; tells whether that changes anything."""
        with self._lock:
            roots = self._roots.pop(session, set())
            changed = bool(self._overrides.pop(session, {})) and bool(roots)
            if changed:
                self._cache.clear()
            return changed

    def files_changed(self) -> bool:
        """Whether a settings file has changed since it was read; then all are read anew when needed."""
        with self._lock:
            if all(_stamp(path) == stamp for path, stamp in self._stamps.items()):
                return False
            self._stamps.clear()
            self._cache.clear()
            return True

    def _read(self, root: Path | None) -> Settings:
        for path in (user_file(), *(() if root is None else (root / SETTINGS_FILE,))):
            self._stamps[path] = _stamp(path)
        try:
            loaded = read_settings(root)
        except CodeassistdError as error:
            self._problems[root] = (Problem(error.message, error.hint),)
            values: dict[str, object] = {}
            sources: dict[str, str] = {}
        else:
            self._problems[root] = loaded.problems
            values = {key: loaded.settings.value(key) for key in loaded.settings.sources}
            sources = dict(loaded.settings.sources)
        for session, overrides in self._overrides.items():
            if root in self._roots.get(session, ()):
                values |= overrides
                sources |= dict.fromkeys(overrides, _SOURCE)
        return build_settings(values, sources)


def _checked(key: str, value: object) -> object:
    rule = RULES.get(key)
    if rule is None:
        raise SettingsError(f"there is no setting {key}", "`codeassistd config show` lists the settings")
    if key.startswith(_SHARED_SECTIONS):
        raise SettingsError(f"{key} is shared by all editors", f"set it in {user_file()}")
    try:
        return rule.check(value)
    except RuleError as error:
        raise SettingsError(f"{key} {error}", "correct it in the editor's settings") from None


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
