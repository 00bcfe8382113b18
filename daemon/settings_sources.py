"""Reads settings out of files, the environment and the command line; says exactly what is wrong with them."""

from __future__ import annotations

import difflib
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..models.errors import CodeassistdError
from .settings import RULES, SECTIONS
from .settings_rules import RuleError

Scope = Literal["user", "workspace"]

ENVIRONMENT_PREFIX = "CODEASSISTD_"
_MAX_FILE_BYTES = 1_000_000
_CORRECT_IT = "correct it, or remove it to use the default"
_PLAIN_VARIABLES = {"CODEASSISTD_CONFIG", "CODEASSISTD_DATA_DIR", "CODEASSISTD_RUNTIME_DIR"}
_HEADER = re.compile(r"^\s*\[\s*([^\[\]]+?)\s*\]\s*(#.*)?$")
_ASSIGNMENT = re.compile(r"^\s*([A-Za-z0-9_.\"' -]+?)\s*=")


@dataclass(frozen=True, slots=True)
class Assignment:
    """One checked value and where it was given."""

    key: str
    value: object
    source: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a source of settings.

    Attributes:
        message: One line: file and line (or variable), key, what is wrong.
        hint: The way out.
    """

    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source gives: the values that are right, and what is wrong with the others."""

    assignments: list[Assignment] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_file(path: Path, scope: Scope, user_file: Path) -> Reading:
    """Read a settings file.

    Args:
        path: The file; it must exist.
        scope: "workspace" for a file that came with somebody's repository, and so may set little.
        user_file: Where the user's own settings are, to point to.

    Returns:
        Its values and its problems.

    Raises:
        CodeassistdError: The file can't be read at all.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise CodeassistdError(f"{path}: not a file", "replace it with a settings file, or remove it")
        with path.open("rb") as stream:
            data = stream.read(_MAX_FILE_BYTES + 1)
    except OSError as error:
        raise CodeassistdError(
            f"{path}: cannot be read: {error.strerror}", "check the path and its permissions"
        ) from None
    if len(data) > _MAX_FILE_BYTES:
        return Reading(problems=[Problem(f"{path}: larger than a settings file can be (1 MB)")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Reading(problems=[Problem(f"{path}: not UTF-8 text", "save the file in UTF-8")])
    return read_text(text, str(path), scope, user_file)


def read_text(text: str, name: str, scope: Scope, user_file: Path) -> Reading:
    """Read settings from the text of a file; see read_file."""
    reading = Reading()
    try:
        document = tomllib.loads(text.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"\(at line (\d+), column \d+\)", str(error))
        place = f"{name}:{line[1]}" if line else name
        reason = re.sub(r"\s*\(at .*\)$", "", str(error)) or "nested too deeply"
        reading.problems.append(Problem(f"{place}: not valid TOML: {reason}", "see https://toml.io"))
        return reading
    lines = _lines_of_keys(text)
    for key, value in _leaves(document):
        place = f"{name}:{lines[key]}" if key in lines else name
        _take(reading, key, value, place, scope, user_file)
    return reading


def read_environment(environ: Mapping[str, str]) -> Reading:
    """Read CODEASSISTD_<SECTION>_<KEY> variables.

    A variable that names no section belongs to some other program and is left alone.
    """
    reading = Reading()
    by_variable = {ENVIRONMENT_PREFIX + key.replace(".", "_").upper(): key for key in RULES}
    sections = tuple(f"{ENVIRONMENT_PREFIX}{section.upper()}_" for section in SECTIONS)
    for variable, text in sorted(environ.items()):
        key = by_variable.get(variable)
        if key is not None:
            _take_text(reading, key, text, variable)
        elif variable.startswith(sections) and variable not in _PLAIN_VARIABLES:
            reading.problems.append(
                Problem(f"{variable}: there is no such setting", _closest(variable, list(by_variable)))
            )
    return reading


def read_overrides(pairs: Sequence[str]) -> Reading:
    """Read KEY=VALUE pairs of the command line."""
    reading = Reading()
    for pair in pairs:
        key, separator, text = pair.partition("=")
        key = key.strip()
        if not separator:
            reading.problems.append(
                Problem(f"--set {pair}: must be KEY=VALUE", "for instance --set search.limit=20")
            )
        elif key not in RULES:
            reading.problems.append(_unknown_key(f"--set {pair}", key))
        else:
            _take_text(reading, key, text, f"--set {key}")
    return reading


def _take(reading: Reading, key: str, value: object, place: str, scope: Scope, user_file: Path) -> None:
    rule = RULES.get(key)
    if rule is None:
        reading.problems.append(_unknown_key(place, key))
    elif scope == "workspace" and not rule.in_workspace:
        reading.problems.append(
            Problem(f"{place}: {key} may not be set by a workspace", f"set it in {user_file} instead")
        )
    else:
        try:
            reading.assignments.append(Assignment(key, rule.check(value), place))
        except RuleError as error:
            reading.problems.append(Problem(f"{place}: {key} {error}", _CORRECT_IT))


def _take_text(reading: Reading, key: str, text: str, place: str) -> None:
    try:
        reading.assignments.append(Assignment(key, RULES[key].parse(text), place))
    except RuleError as error:
        reading.problems.append(Problem(f"{place}: {key} {error}", _CORRECT_IT))


def _unknown_key(place: str, key: str) -> Problem:
    return Problem(f"{place}: there is no setting {key}", _closest(key, list(RULES)))


def _closest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    last = name.rpartition(".")[2]
    same_name = [key for key in known if key.rpartition(".")[2] == last]
    if near or same_name:
        return f"did you mean {(same_name or near)[0]}?"
    return "`codeassistd config show` lists the settings"


def _leaves(document: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for section, content in document.items():
        if section in SECTIONS and isinstance(content, dict):
            for name, value in content.items():
                yield f"{section}.{name}", value
        else:
            yield section, content


def _lines_of_keys(text: str) -> dict[str, int]:
    """Where each dotted key is assigned; enough of TOML for files people write, and never wrong by much."""
    lines: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(line):
            section = re.sub(r"[\s\"']", "", header[1])
            lines.setdefault(section, number)
        elif assignment := _ASSIGNMENT.match(line):
            name = re.sub(r"[\s\"']", "", assignment[1])
            lines.setdefault(f"{section}.{name}" if section else name, number)
    return lines
