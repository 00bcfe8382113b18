#!/usr/bin/env python3
"""Time from nothing to the first answer: `codeassistd search` on 2,000 files that were never indexed.

Each run is a new process with an empty data directory; the files are in the system's cache, as after
a checkout. The baseline is the time until a complete index could answer: indexing to the end and then
searching. The short form stops that after a while and works out the rest from the rate so far.

    python benchmarks/first_answer.py [--files N] [--runs N] [--short] [--json]
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import figures
import trees
from command import Command, program

TARGET_SECONDS = 5.0
QUERIES = (
    ("ThreadPoolExecutor.submit", "lib/concurrent/futures/thread.py"),
    ("parse an email address header", "lib/email/"),
    ("wait for the first task to finish", "lib/asyncio/"),
)
"""What is asked, and where one of the first three results must be from."""

_SHORT_BASELINE_SECONDS = 20.0
_LEAST_EMBEDDED = 500


def first_answers(base: Path, root: Path, runs: int) -> list[dict[str, Any]]:
    """Search a workspace that has no index yet, a few times, each time as a new user."""
    answers = []
    for run in range(runs):
        query, expected = QUERIES[run % len(QUERIES)]
        finished = Command(base / f"user-{run}").search(root, query)
        document = finished.document
        paths = [result["path"] for result in document["results"]]
        if not any(path.startswith(expected) for path in paths[:3]):
            raise AssertionError(f"{query!r} gave {paths[:3]}, none of them in {expected}")
        answers.append(
            {
                "query": query,
                "seconds": round(finished.seconds, 2),
                "took_ms": document["took_ms"],
                "embedded_share": document["embedded_share"],
            }
        )
        figures.step(f"answered in {finished.seconds:.2f} s")
    return answers


def complete_answer(user: Command, root: Path) -> dict[str, Any]:
    """Time until a complete index has answered, from nothing."""
    indexed = user.index(root)
    searched = user.search(root, QUERIES[0][0])
    assert searched.document["complete"]
    return {
        "seconds": round(indexed.seconds + searched.seconds, 1),
        "chunks": indexed.document["chunks"]["total"],
        "extrapolated": False,
    }


def complete_answer_extrapolated(user: Command, root: Path, seconds: float) -> dict[str, Any]:
    """The same, from what an index run that is stopped after some time has done."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [*program(), "index", str(root), "--json"],
        env=user.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    document = json.loads(process.communicate()[0])
    spent = time.perf_counter() - began
    chunks = document["chunks"]
    done = chunks["total"] - chunks["pending"]
    if done < min(_LEAST_EMBEDDED, chunks["total"]):
        raise AssertionError(f"only {done} chunks were embedded in {spent:.0f} s: too few to judge by")
    # Reading and chunking are over long before embedding is, so the rate so far is on the low side.
    return {
        "seconds": round(spent * chunks["total"] / done, 1),
        "chunks": chunks["total"],
        "extrapolated": done < chunks["total"],
    }


def measure(base: Path, files: int, runs: int, *, short: bool) -> dict[str, Any]:
    root = base / "project"
    size = trees.copy_real_files(root, files)
    trees.wait_until_settled()
    figures.step(f"{files:,} files, {size / 1e6:.0f} MB")
    start = [Command(base / "user").run("--version").seconds for _ in range(3)]
    answers = first_answers(base, root, runs)
    figures.step("indexing to the end" + (", or as far as it gets" if short else ""))
    user = Command(base / "user-baseline")
    baseline = (
        complete_answer_extrapolated(user, root, _SHORT_BASELINE_SECONDS)
        if short
        else complete_answer(user, root)
    )
    return {
        "files": files,
        "megabytes": round(size / 1e6, 1),
        "process_start_seconds": round(statistics.median(start), 2),
        "first_answer_seconds": statistics.median(answer["seconds"] for answer in answers),
        "answers": answers,
        "complete": baseline,
    }


def lines(result: dict[str, Any]) -> list[str]:
    complete = result["complete"]
    how = "worked out from the rate of a run that was stopped" if complete["extrapolated"] else "measured"
    return [
        (
            f"{result['files']:,} real Python files, {result['megabytes']} MB, {complete['chunks']:,} chunks;"
            f" start of an idle process {result['process_start_seconds']:.2f} s"
        ),
        *(
            f"  {answer['query']!r}: {answer['seconds']:.2f} s, the search itself {answer['took_ms']:.0f} ms;"
            f" {answer['embedded_share']:.1%} of the chunks had a vector by then"
            for answer in result["answers"]
        ),
        f"first answer, median:       {figures.judged(result['first_answer_seconds'], TARGET_SECONDS, 's')}",
        f"baseline, complete index:   {complete['seconds']:.0f} s ({how})",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=5, help="searches, each from nothing")
    parser.add_argument(
        "--short", action="store_true", help="3 runs, and a baseline that is not run to its end"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="first-answer-") as folder:
        base = Path(folder).resolve()
        result = measure(base, options.files, 3 if options.short else options.runs, short=options.short)
    figures.publish(result, lines(result), as_json=options.json)


if __name__ == "__main__":
    main()
