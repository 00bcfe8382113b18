#!/usr/bin/env python3
"""Index Python's standard library with the real command, against embedding the same passages alone.

The baseline is the same model on the same passages in one call, already loaded: nothing is read,
chunked or written. Half of them are embedded before the index run and half after it, so that a
machine that grows slower or busier treats both alike. Memory is that of the `codeassistd index`
process and of the processes it starts.

    python benchmarks/pipeline.py [--short] [--json]
    python benchmarks/pipeline.py --chunks 100000     # memory on a large tree
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import figures
import trees
from command import Command, Finished

from codeassistd.indexer.chunk.chunker import chunk_text
from codeassistd.indexer.chunk.passage import embedding_text
from codeassistd.indexer.walk.content import decode
from codeassistd.indexer.walk.entry import SkipReason
from codeassistd.models.selection import EmbedderRequest, load_embedder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codeassistd.models.roles import Embedder

SHORT_CHUNKS = 3_000
RATIO_TARGET = 1.2
MEMORY_TARGET_MB = 1_200


@dataclass(frozen=True, slots=True)
class Alone:
    """What embedding alone takes.

    Attributes:
        embedder: The model, loaded and warm.
        passages: Every different text of the tree, as the index gives them to the model.
        engine: How the model runs.
    """

    embedder: Embedder
    passages: Sequence[str]
    engine: str

    def seconds(self, part: slice) -> tuple[float, float]:
        """Time to embed a part of the passages, and processor time."""
        began, cpu_began = time.perf_counter(), time.process_time()
        self.embedder.embed(self.passages[part], "document")
        return time.perf_counter() - began, time.process_time() - cpu_began


def passages_of(root: Path, most: int | None) -> tuple[list[str], list[Path]]:
    """The different passages of a tree, file by file until there are enough, and the files they are from."""
    passages: dict[str, None] = {}
    used = []
    for path in sorted(root.rglob("*.py")):
        if most is not None and len(passages) >= most:
            break
        text = decode(path.read_bytes())
        if isinstance(text, SkipReason):
            continue
        used.append(path)
        passages.update(
            dict.fromkeys(embedding_text(chunk, path.name) for chunk in chunk_text(text, path.name))
        )
    return list(passages), used


def against_embedding_alone(base: Path, *, short: bool) -> dict[str, Any]:
    root = base / "library"
    files = trees.standard_library(tests=not short)
    # Every third file: a cross-section of the library rather than the start of the alphabet.
    trees.copy_standard_library(root, files[::3] if short else files)
    began = time.perf_counter()
    passages, used = passages_of(root, SHORT_CHUNKS if short else None)
    chunking = time.perf_counter() - began
    for path in set(root.rglob("*.py")) - set(used):
        path.unlink()
    figures.step(f"{len(used):,} files, {len(passages):,} passages; embedding the first half alone")
    loaded = load_embedder(EmbedderRequest(cache_dir=base / "models"))
    alone = Alone(loaded.embedder, passages, loaded.reason)
    alone.seconds(slice(64))
    half = len(passages) // 2
    before, cpu_before = alone.seconds(slice(half))
    figures.step("indexing")
    indexed = Command(base / "user").index(root, watch_memory=True)
    figures.step("embedding the second half alone")
    after, cpu_after = alone.seconds(slice(half, None))
    seconds = before + after
    result = indexed_figures(indexed)
    return {
        **result,
        "passages": len(passages),
        "engine": alone.engine,
        "chunking_alone_seconds": round(chunking, 2),
        "embedding_alone_seconds": round(seconds, 2),
        "embedding_alone_per_second": round(len(passages) / seconds, 1),
        "ratio": round(result["index_seconds"] / seconds, 3),
        "ratio_of_whole_process": round(indexed.seconds / seconds, 3),
        "ratio_of_processor_time": round(indexed.cpu_seconds / (cpu_before + cpu_after), 3),
    }


def memory_on_large_tree(base: Path, chunks: int) -> dict[str, Any]:
    root = base / "large"
    trees.varied_library(root, [0])
    per_copy = len(passages_of(root, None)[0])
    trees.varied_library(root, range(1, -(-chunks // per_copy)))
    figures.step(f"indexing about {max(1, -(-chunks // per_copy)) * per_copy:,} chunks")
    return indexed_figures(Command(base / "user").index(root, watch_memory=True))


def indexed_figures(indexed: Finished) -> dict[str, Any]:
    report = indexed.document
    return {
        "files": report["files"]["indexed"],
        "chunks": report["chunks"]["total"],
        "embedded": report["chunks"]["embedded"],
        "index_seconds": report["seconds"]["total"],
        "phases": report["seconds"],
        "process_seconds": round(indexed.seconds, 2),
        "memory": dict(indexed.memory),
    }


def lines(result: dict[str, Any]) -> list[str]:
    phases = ", ".join(f"{phase} {seconds:.1f}" for phase, seconds in result["phases"].items())
    memory = result["memory"]
    said = [
        f"{result['files']:,} files, {result['chunks']:,} chunks, {result['embedded']:,} embedded",
        (
            f"index:                 {result['index_seconds']:.1f} s ({phases}; phases overlap);"
            f" the whole process {result['process_seconds']:.1f} s"
        ),
    ]
    if "ratio" in result:
        said += [
            (
                f"baseline, embed alone: {result['embedding_alone_seconds']:.1f} s"
                f" ({result['embedding_alone_per_second']:.0f} passages/s; {result['engine']})"
            ),
            f"read and chunk alone:  {result['chunking_alone_seconds']:.1f} s in one process",
            (
                f"ratio:                 {figures.judged(result['ratio'], RATIO_TARGET)};"
                f" of the whole process {result['ratio_of_whole_process']:.2f},"
                f" of processor time {result['ratio_of_processor_time']:.2f}"
            ),
        ]
    if memory["process_mb"]:
        said.append(
            f"peak memory:           {figures.judged(memory['process_mb'], MEMORY_TARGET_MB, 'MB')};"
            f" largest of {memory['children']} child processes {memory['largest_child_mb']} MB,"
            f" all together {memory['together_mb']} MB at most"
        )
    return said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--short", action="store_true", help=f"about {SHORT_CHUNKS:,} chunks of the library")
    parser.add_argument("--chunks", type=int, metavar="N", help="memory only, on a tree of N chunks")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
        base = Path(folder).resolve()
        if options.chunks:
            result = memory_on_large_tree(base, options.chunks)
        else:
            result = against_embedding_alone(base, short=options.short)
    figures.publish(result, lines(result), as_json=options.json)


if __name__ == "__main__":
    main()
