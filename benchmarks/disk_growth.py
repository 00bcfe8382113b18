#!/usr/bin/env python3
"""How an index grows on disk under many single-file updates, against a fresh index of the same files.

Every update changes one function of one file and brings the index up to date at once, as saving in an
editor does. The baseline is an index made from nothing of the files as they are in the end.

    python benchmarks/disk_growth.py [--updates N] [--files N] [--short] [--json]
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import figures
import trees

from codeassistd.indexer.store.table import ChunkTable
from codeassistd.indexer.workspace_index import WorkspaceIndex
from codeassistd.models.selection import EmbedderRequest, load_embedder

if TYPE_CHECKING:
    from codeassistd.models.roles import Embedder

RATIO_TARGET = 1.5


@dataclass(frozen=True, slots=True)
class Growth:
    """What was seen during the updates: seconds of each, and bytes of the index after each."""

    seconds: list[float]
    tidying: list[float]
    sizes: list[int]


def change_one_file(root: Path, files: list[Path], number: int, choose: random.Random) -> None:
    """Give one file's last function another body, as an edit does."""
    path = root / choose.choice(files)
    before, _, _ = path.read_text(encoding="utf-8").partition("\n\n\ndef edited_last(")
    path.write_text(
        f"{before}\n\n\ndef edited_last(value):\n"
        f'    """Edit number {number}, {choose.randrange(10**9)}."""\n    return value + {number}\n',
        encoding="utf-8",
    )


def update_many_times(index: WorkspaceIndex, root: Path, files: list[Path], updates: int) -> Growth:
    choose = random.Random(1)  # noqa: S311 - not for secrets
    growth = Growth([], [], [])
    for number in range(updates):
        change_one_file(root, files, number, choose)
        began = time.perf_counter()
        report = index.update()
        growth.seconds.append(time.perf_counter() - began)
        # The first edit of a file may also cut the chunk before it differently.
        assert 1 <= report.chunks_embedded <= 3, f"update {number} embedded {report.chunks_embedded} texts"
        if "optimize" in report.seconds:
            growth.tidying.append(growth.seconds[-1])
        growth.sizes.append(trees.size_on_disk(index.layout.folder))
        if number % 100 == 99:
            figures.step(f"{number + 1:,} updates, {growth.sizes[-1] / 1e6:.1f} MB")
    return growth


def open_index(root: Path, data: Path, embedder: Embedder) -> WorkspaceIndex:
    return WorkspaceIndex(root, data, embedder.identity, lambda: embedder)


def fresh_index_size(root: Path, data: Path, embedder: Embedder) -> int:
    """Bytes of an index made from nothing; the vectors that the data directory knows are used."""
    index = open_index(root, data, embedder)
    index.update()
    size = trees.size_on_disk(index.layout.folder)
    shutil.rmtree(index.layout.folder)
    return size


def utf8_files(root: Path) -> list[Path]:
    """Files that can be edited as text and are indexed as such, relative to the root."""
    found = []
    for path in sorted(root.rglob("*.py")):
        try:
            path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found.append(path.relative_to(root))
    return found


def measure(base: Path, files: int, updates: int) -> dict[str, Any]:
    root = base / "project"
    library = trees.standard_library()
    trees.copy_standard_library(root, [library[number * len(library) // files] for number in range(files)])
    trees.wait_until_settled()
    embedder = load_embedder(EmbedderRequest(cache_dir=base / "models")).embedder
    index = open_index(root, base / "data", embedder)
    figures.step(f"indexing {files:,} files")
    chunks = index.update().chunks_total
    start = trees.size_on_disk(index.layout.folder)
    editable = [
        path for path in utf8_files(root) if (record := index.file_record(str(path))) and record.chunks
    ]
    figures.step(f"{chunks:,} chunks, {start / 1e6:.1f} MB; {updates:,} updates")
    growth = update_many_times(index, root, editable, updates)
    figures.step("a fresh index of the same files")
    fresh_size = fresh_index_size(root, base / "fresh", embedder)
    reusing_size = fresh_index_size(root, base / "fresh", embedder)
    return {
        "files": files,
        "updates": updates,
        "chunks": index.describe().chunks,
        "start_mb": _mb(start),
        "fresh_mb": _mb(fresh_size),
        "fresh_reusing_vectors_mb": _mb(reusing_size),
        "after_mb": _mb(growth.sizes[-1]),
        "highest_mb": _mb(max(growth.sizes)),
        "ratio": round(growth.sizes[-1] / fresh_size, 3),
        "highest_ratio": round(max(growth.sizes) / fresh_size, 3),
        "versions": ChunkTable.open(index.layout.database).versions(),
        "vector_cache_mb": _mb(trees.size_on_disk(base / "data" / "vectors")),
        "update": figures.latencies(growth.seconds),
        "tidied": len(growth.tidying),
        "tidying_update_ms": round(figures.percentile(growth.tidying, 50) * 1000, 1)
        if growth.tidying
        else None,
    }


def _mb(size: int) -> float:
    return round(size / 1e6, 2)


def lines(result: dict[str, Any]) -> list[str]:
    update = result["update"]
    return [
        f"{result['updates']:,} updates of {result['files']:,} files, {result['chunks']:,} chunks",
        (
            f"baseline, fresh index: {result['fresh_mb']} MB ({result['start_mb']} MB before the updates);"
            f" {result['fresh_reusing_vectors_mb']} MB where all vectors are known already"
        ),
        (
            f"after the updates:     {result['after_mb']} MB,"
            f" {figures.judged(result['ratio'], RATIO_TARGET)}; {result['versions']} table versions"
        ),
        (
            f"highest in between:    {result['highest_mb']} MB,"
            f" {figures.judged(result['highest_ratio'], RATIO_TARGET)}"
        ),
        f"vector cache of all workspaces: {result['vector_cache_mb']} MB; it keeps what was edited away",
        (
            f"an update: p50 {update['p50_ms']:.0f} ms, p95 {update['p95_ms']:.0f} ms;"
            f" {result['tidied']} of them tidied up, p50 {result['tidying_update_ms']} ms"
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--updates", type=int, default=1_000)
    parser.add_argument("--files", type=int, default=400)
    parser.add_argument("--short", action="store_true", help="150 updates of 60 files")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    files, updates = (60, 150) if options.short else (options.files, options.updates)
    with tempfile.TemporaryDirectory(prefix="disk-growth-") as folder:
        result = measure(Path(folder).resolve(), files, updates)
    figures.publish(result, lines(result), as_json=options.json)


if __name__ == "__main__":
    main()
