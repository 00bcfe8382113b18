"""What a file imports, read with patterns: right for half-typed files, and quick. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_HEAD = 20_000
"""Characters of a file that are looked through."""

_MOST_MODULES = 200
_NAME = re.compile(r"[^\W\d]\w*")
NAMELESS = frozenset({"index", "__init__", "mod", "lib", "main", "src", "init"})
"""File and folder names that say nothing."""

_LINE_START = re.compile(r"^\s*(?:import|from|use|using|#\s*include|require|local .*require|alias|open)\b")

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Imports:
    """What the head of a file names.

    Attributes:
        modules: Imported modules as the parts of their paths.
        names: Names that are imported from a module, with that module.
        last_row: The last row with an import, 0-based; -1 when there is none.
    """

    modules: frozenset[Parts] = frozenset()
    names: Mapping[str, Parts] = field(default_factory=dict)
    last_row: int = -1


def imports_of(language: str, path: str, text: str) -> Imports:
    """Read the imports at the head of a file.

    Args:
        language: As the index names it; of a language without a rule of its own there are no imports.
        path: POSIX path of the file relative to the workspace, for relative imports.
        text: The file's text, or its beginning.
    """
    rule = _RULES.get(language)
    if rule is None:
        return Imports()
    head = text[:_HEAD]
    folder = tuple(path.split("/")[:-1])
    modules: dict[Parts, None] = {}
    names: dict[str, Parts] = {}
    for parts, imported in rule(head, folder):
        if len(modules) >= _MOST_MODULES:
            break
        modules[parts] = None
        for name in imported:
            names.setdefault(name, parts)
            modules.setdefault((*parts, name))
    rows = [row for row, line in enumerate(head.split("\n")[:400]) if _LINE_START.match(line)]
    return Imports(frozenset(modules), names, rows[-1] if rows else -1)


def matches(module: Parts, path: str, *, packages: bool = True) -> int:
    """How many parts of a module's path, from its end, a file's path or its folder's ends with.

    Args:
        module: The parts of the module's path.
        path: POSIX path of a file.
        packages: Whether a module may be a folder, with every file in it.

    Returns:
        0 when the file is none of the module's.
    """
    folders = path.split("/")
    stem = folders[-1].partition(".")[0]
    file = [*folders[:-1], stem] if stem not in NAMELESS else folders[:-1]
    wanted = [part for part in module if part not in NAMELESS]
    return max(_common_end(wanted, file), _common_end(wanted, folders[:-1]) if packages else 0)


def _common_end(wanted: list[str], parts: list[str]) -> int:
    count = 0
    for one, other in zip(reversed(wanted), reversed(parts), strict=False):
        if one != other:
            break
        count += 1
    return count


def _relative(folder: Parts, target: str) -> Parts:
    """The path that "./a/b" or "../a" means in a folder; anything else as it is."""
    parts = [*folder] if target.startswith(".") else []
    for part in target.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in {"", "."}:
            parts.append(part.partition(".")[0] if part != target else part.rpartition(".")[0] or part)
    return tuple(parts)


def _imported(text: str) -> list[str]:
    """The names in "a, b as c, type d"; both the name and its new name."""
    return [name for name in _NAME.findall(text[:2_000]) if name not in {"as", "type", "default", "from"}]


_PYTHON_FROM = re.compile(
    r"^[ \t]*from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+(?:\(([^)]{0,2000})|([^\n#]*))", re.MULTILINE
)
_PYTHON_IMPORT = re.compile(r"^[ \t]*import[ \t]+([^\n#]+)", re.MULTILINE)


def _python(head: str, folder: Parts) -> Iterator[tuple[Parts, Iterable[str]]]:
    for match in _PYTHON_FROM.finditer(head):
        dots, module, many, some = match.groups()
        base = folder[: max(0, len(folder) - len(dots) + 1)] if dots else ()
        yield (*base, *filter(None, module.split("."))), _imported(many or some or "")
    for match in _PYTHON_IMPORT.finditer(head):
        for each in match.group(1).split(","):
            words = each.split()
            if words:
                yield tuple(filter(None, words[0].split("."))), words[2:3]


_SCRIPT = re.compile(r"\b(?:import|export)\b([^'\";]{0,2000}?)\bfrom\s*['\"]([^'\"\n]+)['\"]")
_SCRIPT_REQUIRE = re.compile(r"(?:([^=\n;]{0,300})=\s*)?\b(?:require|import)\s*\(?\s*['\"]([^'\"\n]+)['\"]")


def _script(head: str, folder: Parts) -> Iterator[tuple[Parts, Iterable[str]]]:
    for pattern in (_SCRIPT, _SCRIPT_REQUIRE):
        for match in pattern.finditer(head):
            words = [name for name in _imported(match.group(1) or "") if name not in {"const", "let", "var"}]
            yield _relative(folder, match.group(2)), words


_DOTTED = re.compile(
    r"^[ \t]*(?:import|using|alias|open|use|require)[ \t]+(?:static[ \t]+)?([\w.\\]+)", re.MULTILINE
)


def _dotted(head: str, _folder: Parts) -> Iterator[tuple[Parts, Iterable[str]]]:
    for match in _DOTTED.finditer(head):
        parts = tuple(filter(None, re.split(r"[.\\]", match.group(1))))
        yield parts[:-1], parts[-1:]
        yield parts, ()


_GO = re.compile(r"^[ \t]*(?:import[ \t]+)?(?:(\w+)[ \t]+)?\"([\w./-]+)\"[ \t]*$", re.MULTILINE)


def _go(head: str, _folder: Parts) -> Iterator[tuple[Parts, Iterable[str]]]:
    for match in _GO.finditer(head):
        yield tuple(match.group(2).split("/")), ()


_RUST = re.compile(
    r"^[ \t]*(?:pub(?:\([^)]*\))?[ \t]+)?use[ \t]+([^;{]{1,300})(?:\{([^;]{0,1500})\})?[^;\n]*;", re.MULTILINE
)


def _rust(head: str, _folder: Parts) -> Iterator[tuple[Parts, Iterable[str]]]:
    for match in _RUST.finditer(head):
        parts = [
            part for part in _NAME.findall(match.group(1)) if part not in {"crate", "self", "super", "as"}
        ]
        many = match.group(2)
        if many is not None:
            yield tuple(parts), _imported(many)
        else:
            yield tuple(parts[:-1]), parts[-1:]


_QUOTED = re.compile(
    r"^[ \t]*(?:#[ \t]*(?:include|import)|[^\n]{0,80}?\brequire(?:_relative)?|import|source)[ \t]*\(?[ \t]*"
    r"[\"'<]([^\"'>\n]+)",
    re.MULTILINE,
)


def _quoted(head: str, folder: Parts) -> Iterator[tuple[Parts, Iterable[str]]]:
    for match in _QUOTED.finditer(head):
        target = match.group(1)
        yield (
            _relative(folder, target if "/" in target or "." in target[-5:] else target.replace(".", "/")),
            (),
        )


_RULES: Final[Mapping[str, Callable[[str, Parts], Iterator[tuple[Parts, Iterable[str]]]]]] = {
    "python": _python,
    "starlark": _python,
    **dict.fromkeys(("javascript", "typescript", "tsx", "vue", "svelte", "astro"), _script),
    **dict.fromkeys(
        ("java", "kotlin", "scala", "csharp", "groovy", "swift", "php", "elixir", "haskell", "fsharp"),
        _dotted,
    ),
    "go": _go,
    "rust": _rust,
    **dict.fromkeys(("c", "cpp", "cuda", "objc", "ruby", "lua", "dart", "solidity", "zig"), _quoted),
}
