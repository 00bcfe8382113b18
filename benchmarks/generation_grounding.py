"""Looking for helpful code: how long it takes, and how little of a prompt a key changes with it."""

from __future__ import annotations

import random
import re
import time
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
    writer.close()
    return layout


def looking(layout: IndexLayout, completer: Writes, *, places: int, prompts: int) -> dict[str, Any]:
    """Look for passages where a random word begins to be typed, and again after each of two more letters.

    Args:
        layout: The index.
        completer: Reads the prompts of the first places.
        places: How many.
        prompts: How many of them are read by the model.
    """
    chooser = random.Random(1)  # noqa: S311 - nothing is kept secret by it
    texts: dict[str, str] = {}

    def read(path: str) -> str:
        if path not in texts:
            texts[path] = (REPOSITORY / path).read_text(encoding="utf-8")
        return texts[path]

    files = [path.as_posix() for path in own_sources() if len(read(path.as_posix())) > _SMALLEST]
    first: list[float] = []
    again: list[float] = []
    found = 0
    reuse: list[list[int]] = []
    grounding = CompletionGrounding()
    with open_snapshot(layout) as snapshot:

        def look(path: str, text: str, offset: int, seconds: list[float]) -> tuple[Any, ...]:
            query = CompletionQuery(path, text, offset, "python")
            began = time.perf_counter()
            passages = grounding.passages(snapshot, query, read, TimeBox(BOX_SECONDS))
            seconds.append(time.perf_counter() - began)
            return tuple(each.passage for each in passages)

        look(files[0], read(files[0]), 0, [])  # symbol tables come into memory
        for number in range(places):
            path = chooser.choice(files)
            text = read(path)
            begin = chooser.choice([match.start() for match in _WORD.finditer(text)])
            after = text[text.find("\n", begin) :]
            asked = []
            for letters in (1, 2, 3):
                before = text[: begin + letters]
                passages = look(path, before + after, len(before), first if letters == 1 else again)
                asked.append(FillIn(path, "python", before, after, passages, "own"))
                time.sleep(BOX_SECONDS)  # a lookup that was late ends meanwhile
            found += len(asked[-1].passages)
            if number < prompts:
                reuse.append(_read(completer, asked))
        chunks = snapshot.chunk_count
    grounding.close()
    return {
        "chunks": chunks,
        "first": latencies(first),
        "after_a_key": latencies(again),
        "passages": round(found / places, 1),
        **_summary(reuse),
    }


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
