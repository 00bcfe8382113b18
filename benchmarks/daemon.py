#!/usr/bin/env python3
"""The daemon in use: start, saving a file, searching while it indexes, branch switches, rest.

A daemon of its own over its real socket, on 10,000 small files (2,000 different contents) in a git
repository. Each figure has its baseline beside it: a search at rest for a search under way, a direct
connection for the forwarder, `codeassistd index` in a process of its own for a saved file.

    python benchmarks/daemon.py [--files N] [--saves N] [--short] [--json]
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import figures
import trees
from command import Command
from editor import Editor, User, forwarder

SAVE_P50_MS, SAVE_P95_MS = 150.0, 400.0
START_MS, COLD_START_MS, FORWARD_MS = 300.0, 3_000.0, 1.0
SWITCH_SECONDS = 15.0
IDLE_MEGABYTES, IDLE_PERCENT = 200.0, 0.5

_QUERIES = (
    "convert a value to unit 17", "scale by a constant", "function that multiplies", "convert_1204",
    "where is the offset added", "unit conversion table",
)  # fmt: skip


def framed(message: dict[str, Any]) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def read_message(stream: Any) -> dict[str, Any]:
    length = 0
    while (line := stream.readline().strip()) != b"":
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    message: dict[str, Any] = json.loads(stream.read(length))
    return message


def answer_to(stream: Any, number: int) -> dict[str, Any]:
    while (message := read_message(stream)).get("id") != number or "method" in message:
        pass
    return message


def start_of_forwarder(user: User, root: Path) -> tuple[float, subprocess.Popen[bytes]]:
    """Seconds from the start of `codeassistd lsp` to the answer to `initialize`."""
    began = time.perf_counter()
    process = forwarder(user)
    assert process.stdin is not None
    folder = {"uri": root.as_uri(), "name": "project"}
    params = {"processId": None, "workspaceFolders": [folder], "capabilities": {}}
    process.stdin.write(framed({"id": 1, "method": "initialize", "params": params}))
    process.stdin.flush()
    answer_to(process.stdout, 1)
    return time.perf_counter() - began, process


def end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.write(framed({"id": 9, "method": "shutdown"}) + framed({"method": "exit"}))
    process.stdin.flush()
    process.communicate(timeout=20)


def added_by_forwarder(user: User, root: Path, messages: int) -> tuple[float, float]:
    """Median seconds of a round trip through the forwarder, and over the socket itself."""
    _, process = start_of_forwarder(user, root)
    assert process.stdin is not None
    through = []
    for number in range(100, 100 + messages):
        began = time.perf_counter()
        process.stdin.write(framed({"id": number, "method": "codeassist/embed", "params": _NO_TEXTS}))
        process.stdin.flush()
        answer_to(process.stdout, number)
        through.append(time.perf_counter() - began)
    end(process)
    with user.editor(root) as editor:
        direct = []
        for _ in range(messages):
            began = time.perf_counter()
            editor.client.request("codeassist/embed", _NO_TEXTS)
            direct.append(time.perf_counter() - began)
    return statistics.median(through), statistics.median(direct)


_NO_TEXTS = {"texts": [], "kind": "query"}


def forwarding(user: User, root: Path, messages: int) -> dict[str, Any]:
    user.stop()
    cold, process = start_of_forwarder(user, root)
    end(process)
    warm = []
    for _ in range(5):
        seconds, process = start_of_forwarder(user, root)
        warm.append(seconds)
        end(process)
    through, direct = added_by_forwarder(user, root, messages)
    return {
        "cold_start_ms": round(cold * 1000),
        "warm_start_ms": round(statistics.median(warm) * 1000),
        "message_ms": round(through * 1000, 3),
        "direct_message_ms": round(direct * 1000, 3),
    }


def saving(editor: Editor, root: Path, saves: int) -> dict[str, Any]:
    """Save a file, and search for what is new in it when the daemon says that the index has changed.

    An editor hears of it the same way; searching without a pause meanwhile would take the processor from the
    index worker, which runs at a low priority.
    """
    dice = random.Random(7)  # noqa: S311 - the same files each time
    seconds = []
    for number in range(saves):
        path = trees.small_file(root, dice.randrange(1_000))
        word = f"quartz{number}lantern"
        text = path.read_text()
        editor.wait_until_ready()
        time.sleep(0.3)
        editor.news.clear()
        began = time.perf_counter()
        path.write_text(f"{text}\n\ndef {word}(value):\n    return value\n")
        while True:
            editor.wait_for_news()
            results = editor.search(word, limit=1)["results"]
            if results and word in results[0]["snippet"]:
                break
        seconds.append(time.perf_counter() - began)
    return figures.latencies(seconds)


def searching(editor: Editor, seconds: float) -> list[float]:
    """Search on and on; seconds of each search."""
    found = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        editor.search(_QUERIES[len(found) % len(_QUERIES)])
        found.append(time.perf_counter() - began)
        time.sleep(0.02)
    return found


def interactive(editor: Editor, base: Path, user: User, seconds: float) -> dict[str, Any]:
    """Searches at rest, then while another workspace of real code is indexed from nothing."""
    searching(editor, 3.0)
    idle = searching(editor, seconds)
    other = base / "other"
    trees.copy_standard_library(other, trees.standard_library())
    with user.editor(other) as busy:
        while busy.status()["state"] not in {"indexing", "embedding"}:
            time.sleep(0.01)
        reading = searching(editor, seconds)
        while busy.status()["state"] != "embedding":
            time.sleep(0.01)
        embedding = searching(editor, seconds)
        assert busy.status()["state"] == "embedding", "it was done too soon to be measured"
        user.control("pause")
    # What is left of it would be indexed for minutes yet.
    for path in other.rglob("*.py"):
        path.unlink()
    user.control("resume")
    return {
        "idle": figures.latencies(idle),
        "while_reading": figures.latencies(reading),
        "while_embedding": figures.latencies(embedding),
        "searches": len(idle) + len(reading) + len(embedding),
    }


def git(root: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=Bench", "-c", "user.email=bench@example.org", *arguments],
        cwd=root, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def switching(editor: Editor, root: Path, files: int) -> dict[str, Any]:
    """Switch to a branch on which every file is different, and back."""
    git(root, "checkout", "-q", "-b", "other")
    for number in range(files):
        path = trees.small_file(root, number)
        path.write_text(path.read_text().replace("return value *", "return 2 * value *"))
    git(root, "commit", "-qam", "other")
    editor.wait_until_ready()
    timed = {}
    for direction, branch in (("first_seconds", "main"), ("back_seconds", "other")):
        began = time.perf_counter()
        git(root, "checkout", "-q", branch)
        checkout = time.perf_counter() - began
        editor.wait_for_index()
        timed[direction] = round(time.perf_counter() - began, 2)
        timed[f"checkout_{direction}"] = round(checkout, 2)
    return timed


def rest(user: User, editor: Editor, seconds: float) -> dict[str, Any]:
    """Memory and processor time once models are unloaded."""
    editor.wait_until_ready()
    process = user.process()
    until = time.monotonic() + 120
    while process.children(recursive=True):
        if time.monotonic() > until:
            raise AssertionError("the workers are still there")
        time.sleep(0.2)
    time.sleep(12)  # idle threads have ended by then, too
    before = process.cpu_times()
    time.sleep(seconds)
    after = process.cpu_times()
    used = (after.user + after.system) - (before.user + before.system)
    return {
        "megabytes": round(process.memory_info().rss / 1e6, 1),
        "processor_percent": round(used / seconds * 100, 2),
    }


def measure(base: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    short = arguments.short
    root = base / "project"
    trees.small_files(root, arguments.files)
    git(base, "init", "-q", "-b", "main", str(root))
    git(root, "add", "-A")
    git(root, "commit", "-qm", "all")
    trees.wait_until_settled()
    user = User(base / "user")
    (base / "user" / "config.toml").write_text("[daemon]\nunload_minutes = 0.25\n")
    result: dict[str, Any] = {"files": arguments.files}
    try:
        figures.step(f"indexing {arguments.files:,} files")
        with user.editor(root) as editor:
            editor.wait_until_ready()
        figures.step("forwarder")
        result["forwarder"] = forwarding(user, root, 200 if short else 1_000)
        with user.editor(root) as editor:
            editor.wait_until_ready()
            editor.search("warm up")
            figures.step("saving")
            result["save"] = saving(editor, root, 20 if short else arguments.saves)
            figures.step("searching while indexing")
            result["interactive"] = interactive(editor, base, user, 5.0 if short else 20.0)
            figures.step("switching branches")
            result["switch"] = switching(editor, root, arguments.files)
            figures.step("resting")
            result["rest"] = rest(user, editor, 10.0 if short else 60.0)
    finally:
        user.stop()
    figures.step("one file by the command line alone, as the baseline")
    command = Command(base / "alone")
    command.index(root)
    trees.small_file(root, 1).write_text("def changed():\n    return 1\n")
    result["index_one_file_seconds"] = round(command.index(root).seconds, 2)
    return result


def lines(result: dict[str, Any]) -> list[str]:
    forward, save, interactive = result["forwarder"], result["save"], result["interactive"]
    switch, idle = result["switch"], result["rest"]
    bound = 2 * interactive["idle"]["p95_ms"] + 50
    added = forward["message_ms"] - forward["direct_message_ms"]
    save_baseline = f"`codeassistd index` alone takes {result['index_one_file_seconds']} s"
    back = figures.judged(switch["back_seconds"], SWITCH_SECONDS, "s")
    return [
        f"{result['files']:,} files in a git repository, a daemon over its socket",
        _judged("start of `codeassistd lsp` to `initialize` answered", forward["warm_start_ms"], START_MS),
        _judged("  when the daemon must be started", forward["cold_start_ms"], COLD_START_MS),
        _judged("  added to a message", added, FORWARD_MS) + f"; directly {forward['direct_message_ms']} ms",
        _judged("saved file to found: p50", save["p50_ms"], SAVE_P50_MS) + f"; {save_baseline}",
        _judged("  p95", save["p95_ms"], SAVE_P95_MS),
        f"search at rest: p50 {interactive['idle']['p50_ms']} ms, p95 {interactive['idle']['p95_ms']} ms",
        _judged("  while files are read: p95", interactive["while_reading"]["p95_ms"], bound),
        _judged("  while texts are embedded: p95", interactive["while_embedding"]["p95_ms"], bound),
        f"switch to a branch with all files different: {switch['first_seconds']} s",
        f"  back, which embeds nothing: {back}, of which git takes {switch['checkout_back_seconds']} s",
        f"at rest, models unloaded: {figures.judged(idle['megabytes'], IDLE_MEGABYTES, 'MB')}",
        f"  {figures.judged(idle['processor_percent'], IDLE_PERCENT, '% of one processor')}",
    ]


def _judged(what: str, milliseconds: float, limit: float) -> str:
    return f"{what}: {figures.judged(milliseconds, limit, 'ms')}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--saves", type=int, default=100)
    parser.add_argument("--short", action="store_true", help="fewer rounds")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cad-") as folder:
        result = measure(Path(folder).resolve(), arguments)
    figures.publish(result, lines(result), as_json=arguments.json)


if __name__ == "__main__":
    main()
