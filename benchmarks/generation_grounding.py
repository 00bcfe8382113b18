"""Looking for helpful code: how long it takes, and how little of a prompt a key changes with it."""

from __future__ import annotations

import random
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from figures import latencies, percentile

from codeassistd.indexer.chunk.chunker import chunk_text
from codeassistd.indexer.file_rows import chunk_rows
from codeassistd.indexer.grounding import CompletionGrounding, CompletionQuery, TimeBox
from codeassistd.indexer.store.layout import IndexLayout
from codeassistd.indexer.store.manifest import FileRecord
from codeassistd.indexer.store.snapshot import open_snapshot
from codeassistd.indexer.store.writer import IndexKey, IndexWriter
from codeassistd.models.completion import FillIn, Sampling

if TYPE_CHECKING:
    from generation_engines import Writes

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGES = ("daemon", "indexer", "lsp", "models")
BOX_SECONDS = 0.03
DEBOUNCE_SECONDS = 0.06
_SMALLEST = 2_000
_DIMENSIONS = 8
_WORD = re.compile(r"(?<![\w#\"'])[a-z_]\w{4,}")


def own_sources() -> list[Path]:
    """This project's modules, relative to the repository."""
    found = (path for name in PACKAGES for path in sorted((REPOSITORY / name).rglob("*.py")))
    return [path.relative_to(REPOSITORY) for path in found]


def index(base: Path) -> IndexLayout:
    """Index them; vectors are not looked at here, and are random."""
    layout = IndexLayout.of(base, "own")
    writer = IndexWriter(layout, IndexKey(str(REPOSITORY), "random", _DIMENSIONS, "1"))
    generator = np.random.default_rng(0)
    for path in own_sources():
        text = (REPOSITORY / path).read_text(encoding="utf-8")
        rows = chunk_rows(path.as_posix(), chunk_text(text, path.as_posix()))
        vectors = generator.normal(size=(len(rows), _DIMENSIONS))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        record = FileRecord(path.as_posix(), 1, 1, 1, 1, settled=True, content_hash="h", skipped="", chunks=1)
        writer.write_files([record], list(rows), list(vectors.astype("f2")), [])
    writer.commit(complete=True)
    writer.maintain(approximate_above=1_000_000)
    writer.close()
    return layout


def looking(layout: IndexLayout, completer: Writes, *, places: int, prompts: int) -> dict[str, Any]:
    """Look for passages where a random word begins to be typed, and again after each of two more letters.

    Args:
        layout: The index.
        completer: Reads prompts.
        places: At how many a completion is wanted at once, so that looking has the box alone.
        prompts: At how many it is wanted after a moment, as the daemon waits whether more is typed, and is
            read by the model.
    """
    chooser = random.Random(1)  # noqa: S311 - nothing is kept secret by it
    texts: dict[str, str] = {}

    def read(path: str) -> str:
        if path not in texts:
            texts[path] = (REPOSITORY / path).read_text(encoding="utf-8")
        return texts[path]

    files = [path.as_posix() for path in own_sources() if len(read(path.as_posix())) > _SMALLEST]
    at_once, prepared = Looks(), Looks()
    found = 0
    reuse: list[list[int]] = []
    grounding = CompletionGrounding()
    with open_snapshot(layout) as snapshot:
        for number in range(places + prompts + 1):
            path = chooser.choice(files)
            text = read(path)
            begin = chooser.choice([match.start() for match in _WORD.finditer(text)])
            after = text[text.find("\n", begin) :]
            looks = at_once if number <= places else prepared
            asked = []
            for letters in (1, 2, 3):
                before = text[: begin + letters]
                query = CompletionQuery(path, before + after, len(before), "python")
                if looks is prepared:
                    grounding.begin(snapshot, query, read)
                    time.sleep(DEBOUNCE_SECONDS)
                began = time.perf_counter()
                passages = grounding.passages(snapshot, query, read, TimeBox(BOX_SECONDS))
                if number:  # at the first place symbol tables come into memory
                    (looks.first if letters == 1 else looks.again).append(time.perf_counter() - began)
                asked.append(
                    FillIn(path, "python", before, after, tuple(each.passage for each in passages), "own")
                )
                time.sleep(BOX_SECONDS)  # a lookup that was late ends meanwhile
            if looks is prepared:
                found += len(asked[0].passages)
                reuse.append(_read(completer, asked))
        chunks = snapshot.chunk_count
    grounding.close()
    return {
        "chunks": chunks,
        "places": places,
        "prompts": prompts,
        "first": latencies(at_once.first),
        "after_a_key": latencies(at_once.again),
        "first_prepared": latencies(prepared.first),
        "passages": round(found / prompts, 1),
        **_summary(reuse),
    }


@dataclass(slots=True)
class Looks:
    """Seconds that it took to look for passages: at new places, and after further letters."""

    first: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)


def _read(completer: Writes, asked: list[FillIn]) -> list[int]:
    """Tokens that the model reads for each prompt, one after the other."""
    completer.complete(FillIn("other.txt", "", "x", ""), Sampling(max_tokens=1))
    usages = [completer.complete(each, Sampling(max_tokens=1, prompt_tokens=1_024)).usage for each in asked]
    return [usage.prompt_tokens - usage.cached_tokens for usage in usages]


def _summary(reuse: list[list[int]]) -> dict[str, float]:
    """Of the second completion and of the third, in comparison with the first."""
    figures: dict[str, float] = {"first_tokens": round(percentile([read[0] for read in reuse], 50))}
    for place, name in ((1, "second"), (2, "third")):
        ratios = [read[0] / read[place] for read in reuse]
        figures[f"{name}_tokens"] = round(percentile([read[place] for read in reuse], 50))
        figures[f"{name}_ratio_p50"] = round(percentile(ratios, 50), 1)
        figures[f"{name}_tenfold_percent"] = round(100 * sum(ratio >= 10 for ratio in ratios) / len(ratios))
    return figures
