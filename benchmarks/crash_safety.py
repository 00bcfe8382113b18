#!/usr/bin/env python3
"""Kill `codeassistd index` at random moments and see whether anything is ever lost or wrong.

Files change, an index run is started and killed with SIGKILL: after a random time, when LanceDB has
just written a version, or in the middle of maintenance. After each kill the index is searched as it
stands; in the end one undisturbed run must give exactly the rows of a fresh index.

    python benchmarks/crash_safety.py [--kills N] [--seed S] [--short] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from codeassistd.indexer.search.engine import search
from codeassistd.indexer.search.request import SearchMode, SearchRequest
from codeassistd.indexer.store.layout import IndexLayout
from codeassistd.indexer.store.snapshot import open_snapshot
from codeassistd.indexer.workspace import workspace_id
from codeassistd.indexer.workspace_index import WorkspaceIndex
from codeassistd.models.catalog import DEFAULT_MODEL, find
from codeassistd.models.roles import Embedder

FILES = 40
KILL_KINDS = ("time", "version", "maintenance")
QUERIES = ("add numbers", "function_3 value", "loop over items", "file 7")
COMMAND = [sys.executable, "-c", "from codeassistd.daemon.cli.main import main; main()"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A workspace, the data directory with its index, and the random choices of one run."""

    root: Path
    data: Path
    random: random.Random

    @property
    def layout(self) -> IndexLayout:
        """Where its index lies."""
        return IndexLayout.of(self.data, workspace_id(self.root.resolve()))

    def start_index(self, data: Path | None = None) -> subprocess.Popen[bytes]:
        """Start the real command on the workspace."""
        environment = {**os.environ, "CODEASSISTD_DATA_DIR": str(data or self.data)}
        command = [*COMMAND, "index", "--no-daemon", "--quiet", str(self.root)]
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def change_files(self) -> None:
        """Edit, add, remove and rename a few files."""
        for _ in range(self.random.randint(1, 8)):
            folder = self.root / f"package_{self.random.randrange(4)}"
            path = folder / f"file_{self.random.randrange(FILES)}.py"
            path.parent.mkdir(exist_ok=True)
            action = self.random.random()
            if path.exists() and action < 0.15:
                path.unlink()
            elif path.exists() and action < 0.3:
                path.rename(path.with_name(f"file_{self.random.randrange(FILES)}.py"))
            else:
                path.write_text(self.source())

    def source(self) -> str:
        """Some Python functions."""
        functions = (
            f"def function_{self.random.randrange(30)}(items, value):\n"
            f'    """Add numbers and loop over items, variant {self.random.randrange(10_000)}."""\n'
            + "".join(f"    value += items[{self.random.randrange(9)}]\n" for _ in range(8))
            + "    return value\n"
            for _ in range(self.random.randint(0, 4))
        )
        return "\n\n".join(functions)


def run_and_kill(stage: Stage, kind: str, longest: float) -> bool:
    """Start an index run and kill it.

    Returns:
        Whether it was still running when it was killed.
    """
    process = stage.start_index()
    until = time.monotonic() + (stage.random.uniform(0.0, longest) if kind == "time" else longest + 5.0)
    versions = stage.layout.database / "chunks.lance" / "_versions"
    before = _names(versions)
    while process.poll() is None and time.monotonic() < until:
        if kind == "version" and _names(versions) != before:
            time.sleep(stage.random.choice((0.0, 0.002, 0.01, 0.03)))
            break
        if kind == "maintenance" and _maintaining(stage.layout.manifest):
            time.sleep(stage.random.uniform(0.0, 0.3))
            break
        time.sleep(0.001)
    alive = process.poll() is None
    process.kill()
    _, stderr = process.communicate()
    if b"Traceback" in stderr:
        raise AssertionError(stderr.decode())
    return alive


def check_searches(stage: Stage) -> int:
    """Search the index as a crash has left it; every line of every result must be in its file.

    Returns:
        How many results were looked at.
    """
    looked_at = 0
    with open_snapshot(stage.layout) as snapshot:
        if snapshot is None:
            return 0
        for query in QUERIES:
            request = SearchRequest(query, limit=10, mode=SearchMode.KEYWORD)
            for result in search(snapshot, None, request, lambda path: _read(stage.root / path)).results:
                lines = (stage.root / result.path).read_text().split("\n")
                shown = "\n".join(lines[result.start_line - 1 : result.end_line])
                if shown != result.text:
                    raise AssertionError(f"{result.path}:{result.start_line} is not what the result shows")
                looked_at += 1
    return looked_at


def all_rows(layout: IndexLayout) -> set[tuple[str, ...]]:
    """Every row of the committed revision, the vector's digits left out."""
    with open_snapshot(layout) as snapshot:
        if snapshot is None:
            return set()
        table = snapshot.every_row()
        columns = [name for name in table.column_names if name != "vector"]
        rows = table.select(columns).to_pylist()
        found = {tuple(str(row[name]) for name in columns) for row in rows}
        if len(found) != len(rows) or len(rows) != snapshot.chunk_count:
            raise AssertionError("a row is doubled, or the manifest counts other rows than the table has")
        return found


def finish(stage: Stage, data: Path | None = None) -> None:
    """Let one run come to its end."""
    process = stage.start_index(data)
    _, stderr = process.communicate(timeout=300)
    if process.returncode != 0:
        raise AssertionError(stderr.decode())


def crash_many_times(kills: int, seed: int) -> dict[str, object]:
    """Crash, search and recover; raises AssertionError at the first thing that is wrong."""
    with tempfile.TemporaryDirectory(prefix="crash-") as folder:
        base = Path(folder).resolve()
        stage = Stage(base / "project", base / "data", random.Random(seed))  # noqa: S311 - not for secrets
        stage.root.mkdir()
        for _ in range(6):
            stage.change_files()
        started = time.monotonic()
        finish(stage)
        longest = time.monotonic() - started
        struck: Counter[str] = Counter()
        looked_at = runs = 0
        while struck.total() < kills:
            runs += 1
            stage.change_files()
            kind = KILL_KINDS[runs % 2] if runs % 8 else "maintenance"
            if kind == "maintenance":
                pile_up_versions(stage)
            if run_and_kill(stage, kind, longest):
                struck[kind] += 1
            looked_at += check_searches(stage)
        finish(stage)
        survived = all_rows(stage.layout)
        fresh = base / "fresh"
        finish(stage, fresh)
        if survived != all_rows(IndexLayout.of(fresh, stage.layout.folder.name)):
            raise AssertionError("the index differs from a fresh one")
        return {
            "kills": struck.total(),
            "by_moment": dict(struck),
            "runs": runs,
            "results_checked": looked_at,
            "rows": len(survived),
            "equal_to_fresh": True,
        }


def pile_up_versions(stage: Stage) -> None:
    """Make many small commits, so that the next run has maintenance to do."""

    def no_model() -> Embedder:
        raise AssertionError("these commits are made without vectors")

    index = WorkspaceIndex(stage.root.resolve(), stage.data, find(DEFAULT_MODEL).identity(), no_model)
    for number in range(28):
        (stage.root / "counter.txt").write_text(f"number {number} of {stage.random.random()}\n")
        index.update(embed_until=0.0)


def _names(folder: Path) -> set[str]:
    try:
        return {entry.name for entry in os.scandir(folder)}
    except OSError:
        return set()


def _maintaining(manifest: Path) -> bool:
    try:
        connection = sqlite3.connect(f"file:{manifest}?mode=ro", uri=True, timeout=0.0)
        try:
            return bool(connection.execute("SELECT maintaining FROM head").fetchone()[0])
        finally:
            connection.close()
    except (sqlite3.Error, TypeError):
        return False


def _read(path: Path) -> str | None:
    try:
        return path.read_text()
    except OSError:
        return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true", help="50 kills")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = crash_many_times(50 if options.short else options.kills, options.seed)
    if options.json:
        print(json.dumps(result))
        return
    print(f"{result['kills']} kills ({result['by_moment']}) in {result['runs']} runs")
    print(f"{result['results_checked']} search results in between, each line where the result said")
    print(f"afterwards: {result['rows']} rows, equal to a fresh index: {result['equal_to_fresh']}")


if __name__ == "__main__":
    main()
