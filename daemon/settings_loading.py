"""Lays the sources of settings over one another: defaults, user, workspace, environment, command line."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from ..indexer.workspace import SETTINGS_FILE
from ..models.errors import CodeassistdError, UsageError
from .settings import RULES, Settings, build_settings
from .settings_sources import Problem, Reading, read_environment, read_file, read_overrides


class SettingsError(UsageError):
    """A source of settings holds something it may not."""


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings, the files they came from, and what was wrong.

    Attributes:
        settings: The effective values; wrong ones fall back to the layer below.
        files: Files that were read.
        problems: Everything wrong in any source.
    """

    settings: Settings
    files: tuple[Path, ...]
    problems: tuple[Problem, ...]


def user_file(environ: Mapping[str, str] | None = None) -> Path:
    """Where the user's own settings are (CODEASSISTD_CONFIG, else the platform's configuration folder)."""
    chosen = (os.environ if environ is None else environ).get("CODEASSISTD_CONFIG")
    if chosen:
        return _absolute(chosen)
    return platformdirs.user_config_path("codeassistd", appauthor=False) / "config.toml"


def data_dir(environ: Mapping[str, str] | None = None) -> Path:
    """Where indexes and vectors are kept (CODEASSISTD_DATA_DIR, else the platform's data folder)."""
    chosen = (os.environ if environ is None else environ).get("CODEASSISTD_DATA_DIR")
    if chosen:
        return _absolute(chosen)
    return platformdirs.user_data_path("codeassistd", appauthor=False)


def _absolute(path: str) -> Path:
    """A path of the environment, from `~` or the current folder on.

    Raises:
        CodeassistdError: It names an unknown user's home, or is relative and the current folder is gone.
    """
    try:
        return Path(path).expanduser().absolute()
    except RuntimeError:
        raise CodeassistdError(f"{path} names a home folder that is unknown", "give the whole path") from None
    except OSError:
        raise CodeassistdError(
            f"{path} is relative to a folder that no longer exists", "change to another folder"
        ) from None


def read_settings(
    root: Path | None, overrides: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> LoadedSettings:
    """Read every source that applies, collecting problems.

    Args:
        root: The workspace, whose own file is read; None reads none.
        overrides: KEY=VALUE pairs of the command line.
        environ: The environment; the process's own when None.

    Returns:
        The settings and everything wrong with them.

    Raises:
        CodeassistdError: A file exists but can't be read, or CODEASSISTD_CONFIG names none.
    """
    variables = os.environ if environ is None else environ
    own = user_file(variables)
    files: list[Path] = []
    readings: list[Reading] = []
    if variables.get("CODEASSISTD_CONFIG") or os.path.lexists(own):
        files.append(own)
        readings.append(read_file(own, "user", own))
    if root is not None and os.path.lexists(root / SETTINGS_FILE):
        files.append(root / SETTINGS_FILE)
        readings.append(read_file(root / SETTINGS_FILE, "workspace", own))
    readings += [read_environment(variables), read_overrides(overrides)]
    layers = [assignment for reading in readings for assignment in reading.assignments]
    values = {assignment.key: assignment.value for assignment in layers}
    sources = {assignment.key: assignment.source for assignment in layers}
    problems = tuple(problem for reading in readings for problem in reading.problems)
    return LoadedSettings(build_settings(values, sources), tuple(files), problems)


def load_settings(
    root: Path | None, overrides: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> Settings:
    """The settings in force.

    Args:
        root: The workspace, whose own file is read; None reads none.
        overrides: KEY=VALUE pairs of the command line.
        environ: The environment; the process's own when None.

    Returns:
        The settings.

    Raises:
        SettingsError: A source holds something it may not.
        CodeassistdError: A file can't be read.
    """
    loaded = read_settings(root, overrides, environ)
    raise_first(loaded.problems)
    return loaded.settings


def raise_first(problems: Sequence[Problem]) -> None:
    """Raise the first problem, saying how many more there are.

    Raises:
        SettingsError: There is one.
    """
    if problems:
        more = f" (and {len(problems) - 1} more: `codeassistd config check`)" if len(problems) > 1 else ""
        raise SettingsError(problems[0].message + more, problems[0].hint)


def describe_settings(settings: Settings) -> list[dict[str, object]]:
    """Each setting with its value, its source and what it may be, ready for JSON."""
    rows: list[dict[str, object]] = []
    for key, rule in RULES.items():
        value = settings.value(key)
        rows.append(
            {
                "key": key,
                "value": list(value) if isinstance(value, tuple) else value,
                "source": settings.source(key),
                "allowed": rule.allowed,
                "description": rule.description,
            }
        )
    return rows
