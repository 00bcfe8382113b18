"""The few settings of git that decide which files it ignores.

Read without running git: a repository's configuration can name commands that git would execute. Nothing here
is executed; the worst a hostile configuration can do is to name a file of patterns.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .bounded_read import read_regular

_MAX_INCLUDE_DEPTH = 10  # as git
_SECTION = re.compile(r'\[\s*([-.\w]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]')
_KEY = re.compile(r"([A-Za-z][-A-Za-z0-9]*)[ \t]*(=?)")
_VALUE_ESCAPES = {"n": "\n", "t": "\t", "b": "\b"}
_TRUE = ("true", "yes", "on")


@dataclass(frozen=True, slots=True)
class GitSettings:
    """Settings that matter to a walk.

    Attributes:
        excludes_file: File of patterns that apply everywhere; it may not exist.
        ignore_case: Whether names are compared without regard to ASCII case.
        sha256: Whether the repository names objects by SHA-256 rather than SHA-1.
    """

    excludes_file: Path | None
    ignore_case: bool = False
    sha256: bool = False


def load_git_settings(
    top: Path, repository_config: Path | None, worktree_config: Path | None, environ: Mapping[str, str]
) -> GitSettings:
    """Settings from the system's, the user's and the repository's configuration; the later one wins.

    Args:
        top: Top folder of the work tree, against which a relative `core.excludesFile` counts.
        repository_config: The repository's `config`, or None outside any repository.
        worktree_config: Its `config.worktree`, used when `extensions.worktreeConfig` is on.
        environ: Environment, of which HOME, XDG_CONFIG_HOME and GIT_CONFIG_{GLOBAL,SYSTEM,NOSYSTEM} are used.
    """
    home = environ.get("HOME") or str(Path("~").expanduser())
    xdg_git = Path(environ.get("XDG_CONFIG_HOME") or Path(home, ".config")) / "git"
    found: dict[str, str] = {}
    for path in _user_files(home, xdg_git, environ):
        found.update(_read(path, home))
    local: dict[str, str] = {}
    if repository_config is not None:
        local.update(_read(repository_config, home))
        if worktree_config is not None and _is_true(local.get("extensions.worktreeconfig", "")):
            local.update(_read(worktree_config, home))
        found.update(local)
    named = found.get("core.excludesfile")
    excludes_file = xdg_git / "ignore" if named is None else _expand(named, home, top)
    return GitSettings(
        excludes_file=excludes_file,
        ignore_case=_is_true(found.get("core.ignorecase", "")),
        sha256=local.get("extensions.objectformat", "").lower() == "sha256",
    )


def _user_files(home: str, xdg_git: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    if not _is_true(environ.get("GIT_CONFIG_NOSYSTEM", "")):
        yield Path(environ.get("GIT_CONFIG_SYSTEM") or "/etc/gitconfig")
    if "GIT_CONFIG_GLOBAL" in environ:
        yield Path(environ["GIT_CONFIG_GLOBAL"])
    else:
        yield xdg_git / "config"
        yield Path(home, ".gitconfig")


def _read(path: Path, home: str, depth: int = 0) -> dict[str, str]:
    data = read_regular(path)
    found: dict[str, str] = {}
    if data is None or depth > _MAX_INCLUDE_DEPTH:
        return found
    for key, value in parse_git_config(data.decode("utf-8", "surrogateescape")):
        if key == "include.path" and value:
            included = _expand(value, home, path.parent)
            found.update(_read(included, home, depth + 1) if included else {})
        else:
            found[key] = value
    return found


def parse_git_config(text: str) -> Iterator[tuple[str, str]]:
    """Keys (`section.key`, `section.subsection.key`) and values, up to the first broken line.

    A key without a value has the value `true`.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    section = ""
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
        elif text[position] in "#;":
            end = text.find("\n", position)
            position = len(text) if end < 0 else end
        elif header := _SECTION.match(text, position):
            section = header[1].lower() + (
                "" if header[2] is None else "." + re.sub(r"\\(.)", r"\1", header[2])
            )
            position = header.end()
        elif (key := _KEY.match(text, position)) and section:
            value, position = _value(text, key.end()) if key[2] else ("true", key.end())
            yield f"{section}.{key[1].lower()}", value
        else:
            return


def _value(text: str, position: int) -> tuple[str, int]:
    """The value from `position` on and where its line ends: quotes, escapes and continued lines resolved."""
    value = ""
    kept = 0  # unquoted spaces count only when something follows them
    quoted = False
    while position < len(text) and (character := text[position]) != "\n":
        position += 1
        if character == '"':
            quoted = not quoted
            kept = len(value)
        elif character == "\\":
            escaped = text[position : position + 1]
            position += 1
            if escaped != "\n":
                value += _VALUE_ESCAPES.get(escaped, escaped)
                kept = len(value)
        elif character in "#;" and not quoted:
            end = text.find("\n", position)
            position = len(text) if end < 0 else end
        elif quoted or not character.isspace():
            value += character
            kept = len(value)
        elif value:
            value += character
    return value[:kept], position


def _is_true(value: str) -> bool:
    return value.lower() in _TRUE or (value.isdigit() and int(value) != 0)


def _expand(path: str, home: str, base: Path) -> Path | None:
    if path == "~" or path.startswith("~/"):
        return Path(home + path[1:])
    if path.startswith("~"):
        return base / os.path.expanduser(path)  # noqa: PTH111 - Path.expanduser raises for an unknown user
    return base / path if path else None
