"""How likely a file is what people search code for, judged by its path alone.

People mean the implementation far more often than its tests, examples, generated copies or release notes,
which repeat the same words. Every kind of file gets a factor; a query that asks for a kind by name lifts most
of it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_FACTORS: Final = {"test": 0.5, "example": 0.6, "benchmark": 0.6, "copy": 0.6, "prose": 0.5, "config": 0.5}
_ASKED_FOR = 0.8

_PATTERNS: Final = {
    "test": re.compile(
        r"(?:^|/)(?:tests?|__tests__|specs?|e2e|testdata|fixtures?|__mocks__|test[-_.][^/]*|[^/]*[-_.]tests?)/"
        r"|(?:^|/)src/\w*[tT]est\w*/"
        r"|(?:^|/)(?:conftest\.py|test_[^/]*|[^/]*[_.-](?:test|tests|spec|specs)\.[^/]*)$"
        r"|(?:^|/)[^/]*[a-z0-9](?:Tests?|Spec|Suite|TestCase)\.\w+$"
    ),
    "example": re.compile(
        r"(?:^|/)(?:examples?|samples?|demos?|snippets?|tutorials?|playground)/|[_.-]example\."
    ),
    "benchmark": re.compile(r"(?:^|/)(?:bench|benches|benchmarks?|perf)/|[_.-]bench(?:mark)?\."),
    "copy": re.compile(
        r"(?:^|/)(?:vendor|vendored|third[-_]?party|extern|external|deps|node_modules|dist|single_include|generated)/"
        r"|\.(?:d\.[mc]?ts|pyi|api)$|\.(?:min|bundle|pb|generated|g)\.\w+$"
    ),
    "prose": re.compile(
        r"(?:^|/)docs?/.*\.(?:\w*ml|js|css|output)$|(?:^|/)man/"
        r"|\.(?:md|mdx|markdown|rst|adoc|txt|html?|xhtml|topic|tex|org|rdoc|pod|svg|css|scss|less|po|output|[1-9])$"
        r"|(?:^|/)(?:changes|changelog|readme|license|copying|history|authors|contributing|news|notice)$",
        re.IGNORECASE,
    ),
    "config": re.compile(
        r"\.(?:json|jsonc|ya?ml|toml|xml|properties|ini|cfg|conf|csv|tsv|lock|in|kts|cmake|gradle|sbt|cabal|plist|gemspec|csproj|props|stderr)$"
        r"|(?:^|/)(?:makefile|dockerfile|rakefile|gemfile|\.[^/]+)$|(?:^|/)\.[^/]+/|(?:^|/)[^/]+\.config\.\w+$",
        re.IGNORECASE,
    ),
}


@lru_cache(maxsize=1 << 16)
def path_kinds(path: str) -> frozenset[str]:
    """Say which kinds of secondary file a POSIX path belongs to; empty for an implementation."""
    return frozenset(kind for kind, pattern in _PATTERNS.items() if pattern.search(path))


def path_prior(path: str, intents: frozenset[str]) -> float:
    """Give the factor for a file, in (0, 1].

    Args:
        path: POSIX path relative to the workspace.
        intents: Kinds of file that the query asks for by name.
    """
    factor = 1.0
    for kind in path_kinds(path):
        factor *= _ASKED_FOR if kind in intents else _FACTORS[kind]
    return factor
