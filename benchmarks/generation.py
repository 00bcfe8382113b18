#!/usr/bin/env python3
"""Generation: speed beside llama-cpp-python itself, what a key costs, cancelling, and the daemon meanwhile.

The model has random weights (``random_gguf.py``): speed depends on sizes, not on values. A daemon, our worker
process by itself, and the library in a process of its own carry out the same instructions with the same
settings in turn. Then: a prompt read again after a key, a cancellation, looking for helpful code of this
project, keys at human speed through a daemon, searches and completions while it writes. At last, with the
small trained model of the tests: a suggestion typed along, and tasks in the shape of HumanEval-Infilling.

    python benchmarks/generation.py [--short] [--json] [--parts NAME,...] [--kind Q4_0|Q8_0|F16] [--threads N]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import generation_tasks
from figures import judged, publish, step
from generation_beside import DaemonAsked, completing_beside, searching_beside
from generation_daemon import type_along, typing_along_a_suggestion, user_with, workspace
from generation_direct import Settings, direct
from generation_engines import (
    WorkerAsked,
    after_a_key,
    cancelling,
    in_process,
    in_worker,
    side_by_side,
    waiting,
)
from generation_grounding import BOX_SECONDS, index, looking
from random_gguf import SHORT, Shape, write_random

from codeassistd.models.hardware import physical_cores

CONTEXT_TOKENS = 4_096
SPEED_RATIO, FIRST_LATER_MS, REUSE, CANCEL_MS = 0.95, 10.0, 10.0, 50.0
TENFOLD_PERCENT = 95
SEARCH_RATIO, GROWTH_PERCENT = 2.0, 5.0
LENGTHS = {"short": (4, 32), "long": (40, 16)}
"""Lines of the instruction, tokens written."""

Part = Callable[[Path, Settings, bool], dict[str, Any]]


def engines(base: Path, settings: Settings, short: bool) -> dict[str, Any]:  # noqa: FBT001
    with direct(settings) as library:
        worker = in_worker(settings)
        step("writing in turn: a daemon, the worker, llama-cpp-python")
        more = ("temperature = 0.0", f"threads = {settings.threads}", f"context_tokens = {settings.context}")
        user = user_with(base / "user", Path(settings.path), *more)
        (base / "empty").mkdir()
        try:
            daemon = DaemonAsked(user, base / "empty")
            ways = {"daemon": daemon, "worker": WorkerAsked(worker)}
            speed = {
                name: side_by_side(
                    ways, worker, library, lines=lines, written=written, pairs=3 if short else 21
                )
                for name, (lines, written) in LENGTHS.items()
            }
            daemon.close()
        finally:
            user.stop()
        step("waiting")
        with direct(settings, waits_as_ours=False) as eager:
            waits = waiting(worker, eager, 3 if short else 9)
        step("cancelling")
        a_token = 1 / speed["short"]["ways"]["worker"]["tokens_per_second"]
        cancelled = cancelling(worker, a_token, 3 if short else 10)
    step("typing")
    typing = after_a_key(worker, (0, 1_024) if short else (0, 512, 1_024, 2_048))
    worker.close()
    return {"speed": speed, "waiting": waits, "typing": typing, "cancelled_ms": cancelled}


def grounding(base: Path, settings: Settings, short: bool) -> dict[str, Any]:  # noqa: FBT001
    step("looking for helpful code")
    reader = base / "reader.gguf"
    write_random(reader, SHORT, "Q4_0")
    completer = in_process(replace(settings, path=str(reader)))
    places, prompts = (30, 10) if short else (200, 40)
    figures = looking(index(base / "index"), completer, places=places, prompts=prompts)
    completer.close()
    return {"grounding": figures}


def daemon(base: Path, settings: Settings, short: bool) -> dict[str, Any]:  # noqa: FBT001
    step("a daemon indexes this project")
    root = workspace(base, short=short)
    user = user_with(base / "user", Path(settings.path))
    try:
        with user.editor(root) as editor:
            editor.wait_until_ready()
            step("searching while it writes")
            searches = searching_beside(user, editor, 50 if short else 200)
            step("completions while it writes")
            completions = completing_beside(user, editor, 4 if short else 12)
            step("keys at human speed")
            keys = type_along(user, editor, 120 if short else 1_000)
    finally:
        user.stop()
    return {"searches": searches, "completions": completions, "keys": keys}


def tasks(base: Path, settings: Settings, short: bool) -> dict[str, Any]:  # noqa: FBT001
    if not generation_tasks.MODEL.exists():
        step(f"no tasks: {generation_tasks.MODEL.name} is not there")
        return {}
    step("typing along a suggestion")
    corpus = generation_tasks.DATA / "corpus"
    along = typing_along_a_suggestion(base, generation_tasks.MODEL, corpus)
    step("tasks")
    settings = replace(settings, path=str(generation_tasks.MODEL), context=generation_tasks.CONTEXT_TOKENS)
    with direct(settings) as library:
        worker = in_worker(settings)
        rows = generation_tasks.table(worker, library, count=10 if short else 60)
        worker.close()
    return {"along": along, "tasks": rows}


PARTS: dict[str, Part] = {"engines": engines, "grounding": grounding, "daemon": daemon, "tasks": tasks}


def _speed_lines(length: str, speed: dict[str, Any]) -> list[str]:
    asked = f"a {length} prompt of {speed['prompt_tokens']} tokens, {speed['written_tokens']} written"
    found = [f"{asked}; medians of {speed['pairs']} pairs"]
    for name, one in speed["ways"].items():
        base = one["llama_cpp_python"]
        for figures, title in ((one, name), (base, "llama-cpp-python beside it")):
            rate, first = figures["tokens_per_second"], figures["first_token_ms"]
            found.append(f"  {title}: {rate} tokens/s, the first after {first} ms")
        ratio = judged(one["speed_ratio"], SPEED_RATIO, "x", at_least=True)
        later = judged(one["first_token_later_ms"], FIRST_LATER_MS, "ms")
        error = one["first_token_later_error_ms"]
        found.append(f"    speed {ratio}, the first later by {later}, standard error {error} ms")
    return found


def _engine_lines(result: dict[str, Any]) -> list[str]:
    found = [line for length, speed in result["speed"].items() for line in _speed_lines(length, speed)]
    for name, one in result["waiting"].items():
        company = "alone" if name == "alone" else "beside a process that keeps a processor busy"
        found.append(
            f"tokens/s {company}: {one['ours']}, with threads that keep looking for one another"
            f" {one['llama_cpp_python']}"
        )
    for name, one in result["typing"].items():
        first = f"{one['prompt_tokens']} tokens in {one['first_ms']} ms"
        then = f"{one['read_again']} in {one['after_a_key_ms']} ms"
        ratio = judged(one["ratio"], REUSE, "x less", at_least=True)
        found.append(f"after a key, {name} ({one['budget']}): {first}, then {then}, {ratio}")
    for doing, after in result["cancelled_ms"].items():
        found.append(f"cancelled while {doing}: idle after {judged(after, CANCEL_MS, 'ms')} and a token")
    return found


def _grounding_lines(one: dict[str, Any]) -> list[str]:
    late = judged(one["first"]["p95_ms"], BOX_SECONDS * 1000, "ms")
    after = f"after a key p50 {one['after_a_key']['p50_ms']} ms"
    prepared = f"p50 {one['first_prepared']['p50_ms']} ms where it was begun while waiting for further keys"
    found = [
        f"looking for helpful code in {one['chunks']:,} chunks at {one['places']} places: p95 {late}",
        f"  {after}, {prepared}; {one['passages']} passages",
        f"  with them the first of {one['prompts']} prompts has {one['first_tokens']} tokens",
    ]
    for name in ("second", "third"):
        share = judged(one[f"{name}_tenfold_percent"], TENFOLD_PERCENT, "%", at_least=True)
        found.append(f"  read again for the {name} {one[f'{name}_tokens']}; ten times less at {share}")
    return found


def _daemon_lines(result: dict[str, Any]) -> list[str]:
    search, keys, beside = result["searches"], result["keys"], result["completions"]
    before, half, after = keys["daemon_megabytes"]
    growth = judged((after / half - 1) * 100, GROWTH_PERCENT, "%")
    p95 = f"p95 {search['rest']['p95_ms']} ms at rest, {search['beside']['p95_ms']} ms while it writes"
    times = f"{beside['rest_ms']} ms at rest, {beside['beside_ms']} ms while it writes"
    served = judged(beside["served"], beside["asked"], at_least=True)
    last = f"the last answered {keys['last_answer_seconds']} s after the last key"
    open_ = f"completions open {judged(keys['most_open'], 1)}; {last}"
    others = keys["worker_megabytes"]
    answers = f"{keys['model_calls']} asked of the model, {keys['shown']} shown, errors {keys['errors']}"
    return [
        f"searches: {p95}, {judged(search['ratio_p95'], SEARCH_RATIO, 'x')} {search['problem']}",
        f"completions: median {times}; served {served} {beside['problem']}",
        f"{keys['keys']:,} keys in {keys['seconds']} s: {answers}",
        f"  at a time: requests that the model had {judged(keys['most_running'], 1)}, {open_}",
        f"  daemon {before} MB after 50 keys, {half} half-way, {after} at last, {growth}; others {others} MB",
    ]


def _along_lines(along: dict[str, int]) -> list[str]:
    calls = judged(along["model_calls"], 0)
    typed = f"{along['letters']} letters of a suggestion typed, its rest offered after {along['offered']}"
    return [f"{typed}; asked of the model meanwhile: {calls}"]


def _task_lines(rows: dict[str, dict[str, int]]) -> list[str]:
    names = next(iter(rows.values()))
    width = max(map(len, names))
    found = ["".join(["".ljust(14), *(name.rjust(width + 2) for name in names)])]
    found += [
        "".join([kind.ljust(14), *(f"{n:>{width + 2}}" for n in row.values())]) for kind, row in rows.items()
    ]
    broken = sum(row["broken"] for row in rows.values())
    return [*found, f"right answers broken by the pipeline: {judged(broken, 0)}"]


def lines(result: dict[str, Any]) -> list[str]:
    sections: list[tuple[str, Callable[[], list[str]]]] = [
        ("speed", lambda: _engine_lines(result)),
        ("grounding", lambda: _grounding_lines(result["grounding"])),
        ("searches", lambda: _daemon_lines(result)),
        ("along", lambda: _along_lines(result["along"])),
        ("tasks", lambda: _task_lines(result["tasks"])),
    ]
    found = [result["model"]]
    for name, made in sections:
        found += made() if name in result else []
    return found


def measure(base: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    shape = SHORT if arguments.short else Shape()
    model = arguments.model or base / "random.gguf"
    size = f"{shape.parameters() / 1e6:,.0f} million weights, {arguments.kind}"
    if arguments.model is None:
        step("making a model of random weights")
        write_random(model, shape, arguments.kind)
    settings = Settings(str(model), CONTEXT_TOKENS, arguments.threads)
    name = size if arguments.model is None else model.name
    result: dict[str, Any] = {"model": f"{name}, {arguments.threads} threads"}
    for name in arguments.parts:
        (base / name).mkdir()
        result |= PARTS[name](base / name, settings, arguments.short)
    return result


def _parts(text: str) -> list[str]:
    named = text.split(",")
    if unknown := set(named) - PARTS.keys():
        raise argparse.ArgumentTypeError(f"there is no part {min(unknown)!r}; there are {', '.join(PARTS)}")
    return named


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--short", action="store_true", help="a smaller model, and less of everything")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--parts", type=_parts, default=list(PARTS), help=f"of {','.join(PARTS)}")
    parser.add_argument("--kind", default="Q4_0", choices=("Q4_0", "Q8_0", "F16"), help="of the weights")
    parser.add_argument("--model", type=Path, help="a GGUF file to measure with, instead of making one")
    parser.add_argument("--threads", type=int, default=physical_cores(), help="default: one on each core")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cad-") as folder:
        result = measure(Path(folder).resolve(), arguments)
    publish(result, lines(result), as_json=arguments.json)


if __name__ == "__main__":
    main()
