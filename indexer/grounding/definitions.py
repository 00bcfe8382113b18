"""Which definitions of a workspace the names near a cursor mean, by name alone. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final

from ..languages import detect_language
from ..search.prior import path_prior
from .imports import NAMELESS, matches
from .names import TELLING
from .records import Site

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..store.symbol_table import Definition, SymbolTable
    from .imports import Imports, Parts
    from .names import UsedName
    from .time_box import TimeBox

_MOST_OF_A_NAME = 60
"""Definitions of one name that are looked at; a name with more is told apart by its imports only."""

_MOST_SITES = 12

_COMMON = 3
"""A name with more definitions than these needs something that speaks for one of them."""

_LONG_NAME = 5
"""A name at least so long, of several words or with a capital, is seldom another's too."""

_NO_CODE = frozenset({"section", "block"})
_IMPORTED_NAME, _IMPORTED_MODULE, _QUALIFIED, _SAME_FILE, _SAME_FOLDER = 6.0, 3.0, 3.0, 2.0, 1.5
_NEIGHBOUR = 0.4
_EXPLICIT = frozenset({"python", "script"})
"""Languages in which a file sees nothing of its neighbours without importing it."""

_FOREIGN_METHOD = 2.0
_SURE, _CERTAIN = 1.0, 2.5

_FAMILIES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("javascript", "typescript", "tsx", "vue", "svelte", "astro"), "script"),
    **dict.fromkeys(("c", "cpp", "cuda", "objc"), "c"),
    **dict.fromkeys(("java", "kotlin", "scala", "groovy"), "jvm"),
}


@lru_cache(maxsize=1 << 14)
def family_of_path(path: str) -> str:
    """The languages whose code is used in one another's files share a family."""
    return family(detect_language(path).name)


def family(language: str) -> str:
    """The family of a language; a language by itself is one."""
    return _FAMILIES.get(language, language)


def definition_sites(
    tables: Sequence[SymbolTable],
    names: Iterable[UsedName],
    imports: Imports,
    path: str,
    language: str,
    box: TimeBox,
) -> list[Site]:
    """Find what some names mean.

    Args:
        tables: All definitions.
        names: The names, nearest first.
        imports: What the file imports.
        path: The file, relative to the workspace.
        language: Its language, as the index names it.
        box: No further name is looked up when it is over.

    Returns:
        Most useful first; one definition of each name, two of one that may be either.
    """
    found: dict[tuple[str, str], tuple[float, Definition]] = {}
    modules = _by_end(imports)
    for name in names:
        if box.is_over:
            break
        candidates = [
            each
            for table in tables
            for each in map(table.definition, islice(table.named(name.name), _MOST_OF_A_NAME))
            if each.kind not in _NO_CODE and family_of_path(each.path) == family(language)
        ]
        for worth, each in _likeliest(name, candidates, imports, modules, path):
            key = each.path, each.symbol
            if key not in found or worth > found[key][0]:
                found[key] = worth, each
    best = sorted(
        found.values(), key=lambda pair: (-pair[0], pair[1].path, pair[1].start_line, pair[1].symbol)
    )
    return [
        Site(each.path, each.start_line, each.end_line, "definition", each.symbol)
        for _, each in best[:_MOST_SITES]
    ]


def _by_end(imports: Imports) -> dict[str, list[Parts]]:
    """Imported modules by the last parts of their paths that say something."""
    found: defaultdict[str, list[Parts]] = defaultdict(list)
    for module in sorted(imports.modules):
        end = next((part for part in reversed(module) if part not in NAMELESS), "")
        found[end].append(module)
    return found


def _likeliest(
    name: UsedName,
    candidates: Sequence[Definition],
    imports: Imports,
    modules: Mapping[str, list[Parts]],
    path: str,
) -> list[tuple[float, Definition]]:
    """The one or two definitions that a name means, with how useful they are to see; none when unsure."""
    scored = sorted(
        ((_evidence(name, each, imports, modules, path), each) for each in candidates),
        key=lambda pair: (-pair[0], pair[1].path, pair[1].start_line, pair[1].symbol),
    )
    if not scored:
        return []
    best = scored[0][0]
    if best < _least(name, len(scored)):
        return []
    rarity = 1 / (1 + math.log2(len(scored)))
    sure = [(evidence, each) for evidence, each in scored[:2] if evidence >= best]
    return [(evidence + 2 * name.nearness + rarity, each) for evidence, each in sure]


def _least(name: UsedName, candidates: int) -> float:
    """How much has to speak for a definition before it is shown for a name."""
    has_words = len(name.name) >= _LONG_NAME and TELLING.search(name.name) is not None
    if has_words and candidates <= _COMMON:
        return -_FOREIGN_METHOD
    is_called = not (name.is_plain or name.qualifier) and candidates <= _COMMON
    return _SURE if is_called or has_words else _CERTAIN


def _evidence(
    name: UsedName, each: Definition, imports: Imports, modules: Mapping[str, list[Parts]], path: str
) -> float:
    """What speaks for a definition being the one that is meant, besides its name."""
    worth = 0.0
    module = imports.names.get(name.name)
    if module is not None and (
        common := max(matches(module, each.path), matches((*module, name.name), each.path))
    ):
        worth += _IMPORTED_NAME * common / max(1, len(module))
    elif _is_imported(each.path, modules):
        worth += _IMPORTED_MODULE
    container = each.symbol.rpartition(".")[0].rpartition(".")[2]
    stem = each.path.rpartition("/")[2].partition(".")[0]
    if name.qualifier and _folded(name.qualifier) in {
        _folded(container),
        _folded(stem),
        _folded_end(container, name),
    }:
        worth += _QUALIFIED
    if each.path == path:
        worth += _SAME_FILE
    elif each.path.rpartition("/")[0] == path.rpartition("/")[0]:
        worth += _NEIGHBOUR if family_of_path(path) in _EXPLICIT else _SAME_FOLDER
    if container and not (name.qualifier or each.path == path) and each.kind in {"method", "property"}:
        worth -= _FOREIGN_METHOD
    return worth * path_prior(each.path, frozenset({"test"} if "test" in path else ()))


def _folded_end(container: str, name: UsedName) -> str:
    """The end of a container's name, as long as the qualifier: `client.get` may mean `HttpClient.get`."""
    wanted = len(_folded(name.qualifier))
    folded = _folded(container)
    return folded[-wanted:] if 4 <= wanted < len(folded) else folded


def _is_imported(path: str, modules: Mapping[str, list[Parts]]) -> bool:
    folder, _, file = path.rpartition("/")
    ends = {file.partition(".")[0], *folder.rsplit("/", 2)[-2:]}
    among = (module for end in ends for module in modules.get(end, ()))
    packages = family_of_path(path) not in _EXPLICIT
    common = ((matches(each, path, packages=packages), len(each)) for each in among)
    return any(count >= 2 or (count == 1 and parts == 1) for count, parts in common)


def _folded(name: str) -> str:
    return name.replace("_", "").lower()
