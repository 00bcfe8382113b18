"""Which files are read first when a search waits for a workspace that is not indexed yet.

Chunking a large workspace takes longer than anybody waits for an answer, looking for a few words in its files
does not. So the files that mention the query's words are read first, and the answer from them is much the
same as from all.
"""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from ..terms import content_words, stem
from ..walk.bounded_read import read_below

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from ..walk.entry import FileEntry

_LOOK_SECONDS = 0.6
_LOOK_BYTES = 256_000
_MOST_WORDS = 12
_ENOUGH_MENTIONS = 4
_IN_PATH = 2.0
"""What a word in the path is worth, in mentions that are enough."""


@dataclass(frozen=True, slots=True)
class AwaitedSearch:
    """A search that waits for an update.

    Attributes:
        query: What it asks.
        read_until: `time.monotonic()` after which no further file is read for it.
    """

    query: str
    read_until: float


def promising_first(
    root: Path, entries: Sequence[FileEntry], query: str, indexed: Collection[str]
) -> list[FileEntry]:
    """Put files in the order in which a search wants them read.

    Looking into them is bounded in time; files that were not looked into are judged by their paths.

    Args:
        root: The workspace.
        entries: The files to read.
        query: What is asked.
        indexed: Paths that are in the index as they were: they come first, for their rows are stale.

    Returns:
        All entries.
    """
    words = _sought(query)
    until = time.monotonic() + _LOOK_SECONDS
    by_path = [_mentions(os.fsencode(entry.path), words) for entry in entries]
    likely = sorted(range(len(entries)), key=lambda place: -sum(map(bool, by_path[place])))
    inside: dict[int, list[int]] = {}
    for place in likely:
        if time.monotonic() > until:
            break
        data = read_below(root, entries[place].path, max_bytes=_LOOK_BYTES)
        inside[place] = _mentions(data or b"", words)
    scores = promise(by_path, inside)
    order = sorted(
        range(len(entries)), key=lambda place: (entries[place].path not in indexed, -scores[place])
    )
    return [entries[place] for place in order]


def promise(by_path: Sequence[Sequence[int]], inside: dict[int, list[int]]) -> list[float]:
    """How likely each file answers: its words weighed by their rarity among the files looked into.

    Args:
        by_path: For each file, how often each word is in its path.
        inside: The same for contents, by the file's place; files that were not looked into are absent.

    Returns:
        A score for each file, higher is better.
    """
    words = len(by_path[0]) if by_path else 0
    having = [sum(1 for counts in inside.values() if counts[word]) for word in range(words)]
    rarity = [math.log(1 + (len(inside) + 1) / (count + 0.5)) for count in having]
    nothing = [0] * words
    return [
        sum(
            weight * (min(mentions, _ENOUGH_MENTIONS) / _ENOUGH_MENTIONS + _IN_PATH * bool(named))
            for weight, mentions, named in zip(rarity, inside.get(place, nothing), path, strict=True)
        )
        for place, path in enumerate(by_path)
    ]


def _sought(query: str) -> list[bytes]:
    """The beginnings that the query's words share with their other forms, in lower case."""
    words = dict.fromkeys(word.lower() for word in content_words(query))
    roots = dict.fromkeys(_shared_beginning(word, stem(word)) for word in words)
    return [root.encode("utf-8", "replace") for root in roots][:_MOST_WORDS]


def _shared_beginning(word: str, other: str) -> str:
    same = takewhile(lambda pair: pair[0] == pair[1], zip(word, other, strict=False))
    return "".join(letter for letter, _ in same)


def _mentions(data: bytes, words: Sequence[bytes]) -> list[int]:
    lowered = data.lower()
    return [lowered.count(word) for word in words]
