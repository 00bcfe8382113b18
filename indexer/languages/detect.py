"""Which language a file is in, from its name and, where the name does not say, its beginning."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from .language import Language
from .table import LANGUAGES, TEXT

BY_NAME: dict[str, Language] = {language.name: language for language in LANGUAGES}


def _spread(keys: Callable[[Language], tuple[str, ...]]) -> dict[str, Language]:
    def pairs() -> Iterator[tuple[str, Language]]:
        for language in LANGUAGES:
            for key in keys(language):
                yield key, language

    return dict(pairs())


_BY_ALIAS = _spread(lambda language: language.aliases)
_BY_EXTENSION = _spread(lambda language: language.extensions)
_BY_FILENAME = _spread(lambda language: language.filenames)
_BY_INTERPRETER = _spread(lambda language: language.interpreters)

_HEAD = 4096
_CPP_HEADER = re.compile(
    r"^\s*(?:class\s+\w+[^;]*$|namespace\b|template\s*<|using\s+\w|(?:public|private|protected)\s*:|"
    r"enum\s+class\b|constexpr\b|#\s*include\s*<\w+>\s*$)|\bstd::|\boperator\s*[=+<(\[]|\)\s*noexcept\b|"
    r"\bstatic_cast<",
    re.MULTILINE,
)
_OBJC = re.compile(
    r"^\s*(?:@(?:interface|implementation|protocol|class|import|end)\b|#import\b)", re.MULTILINE
)
_MATLAB = re.compile(r"^\s*(?:%|function\b|classdef\b)", re.MULTILINE)
_PERL = re.compile(r"^\s*(?:use\s+[\w:]+|package\s+[\w:]+|my\s+[$@%])", re.MULTILINE)
_EDITOR_MODE = re.compile(
    r"-\*-\s*(?:.*?mode:\s*)?([\w+#-]+)\s*(?:;.*)?-\*-|\bvim?:.*?\b(?:ft|filetype|syntax)=([\w+#-]+)"
)


def detect_language(path: str, head: str = "") -> Language:
    """Tell a file's language.

    Args:
        path: The file's path; only its last part is looked at.
        head: The beginning of its text. Without it a shared extension gets its likeliest language and a
            script without an extension is plain text.

    Returns:
        The language; "text" for whatever is not known.
    """
    name = path.rsplit("/", 1)[-1].lower()
    head = head[:_HEAD]
    by_filename = _BY_FILENAME.get(name)
    if by_filename is not None:
        return by_filename
    for extension in _extensions(name):
        if extension in _AMBIGUOUS:
            return _AMBIGUOUS[extension](head)
        known = _BY_EXTENSION.get(extension)
        if known is not None:
            return known
    stem = name.split(".", 1)[0]
    if stem in {"makefile", "dockerfile", "containerfile", "jenkinsfile", "gemfile"}:
        return _BY_FILENAME[stem]
    return _from_head(head) or TEXT


def language_names() -> tuple[str, ...]:
    """All names that `detect_language` can give, sorted."""
    return tuple(sorted(BY_NAME))


def resolve_language(name: str) -> str | None:
    """The stored name for what a user typed ("C++", "golang", "py"); None for what is no language."""
    wanted = name.strip().lower().lstrip(".")
    for table in (BY_NAME, _BY_ALIAS, _BY_EXTENSION):
        found = table.get(wanted)
        if found is not None:
            return found.name
    by_title = (language.name for language in LANGUAGES if language.title.lower() == wanted)
    return next(by_title, None)


def _extensions(name: str) -> Iterator[str]:
    """The endings of a file name, longest first; a template suffix (`x.py.in`) says nothing by itself."""
    parts = name.split(".")[1:]
    while parts and parts[-1] in {
        "in",
        "tmpl",
        "template",
        "example",
        "sample",
        "dist",
        "default",
        "orig",
        "bak",
    }:
        if len(parts) == 1:
            break
        parts.pop()
    for start in range(len(parts)):
        yield ".".join(parts[start:])


def _from_head(head: str) -> Language | None:
    first = head.lstrip("\ufeff").split("\n", 1)[0]
    if first.startswith("#!"):
        words = first[2:].replace("\\", "/").split()
        programs = [
            word.rsplit("/", 1)[-1].lower() for word in words if not word.startswith("-") and "=" not in word
        ]
        for program in programs[:3]:
            known = _BY_INTERPRETER.get(program) or _BY_INTERPRETER.get(program.rstrip("0123456789."))
            if known is not None:
                return known
    if first.startswith("<?php"):
        return BY_NAME["php"]
    if first.startswith("<?xml"):
        return BY_NAME["xml"]
    mode = _EDITOR_MODE.search(first)
    if mode is not None:
        named = resolve_language(mode.group(1) or mode.group(2))
        return BY_NAME[named] if named else None
    return None


def _header(head: str) -> Language:
    if _OBJC.search(head):
        return BY_NAME["objc"]
    return BY_NAME["cpp" if _CPP_HEADER.search(head) else "c"]


def _dot_m(head: str) -> Language:
    if not _OBJC.search(head) and _MATLAB.search(head):
        return BY_NAME["matlab"]
    return BY_NAME["objc"]


def _dot_t(head: str) -> Language:
    return BY_NAME["perl"] if _PERL.search(head) else _from_head(head) or TEXT


def _dot_v(head: str) -> Language:
    return BY_NAME["v"] if re.search(r"^\s*(?:pub )?fn \w+\(", head, re.MULTILINE) else BY_NAME["verilog"]


_AMBIGUOUS: dict[str, Callable[[str], Language]] = {"h": _header, "m": _dot_m, "t": _dot_t, "v": _dot_v}
