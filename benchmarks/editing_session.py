#!/usr/bin/env python3
"""A real editor used for half an hour: opened, typed into, searched with, branches switched, closed.

What is done is chosen at random from a seed, on a git repository of this project's modules with real
branches; the model that writes is the small trained one of the tests. Each thing is looked at: what was typed
is found before it is saved, what only a branch has is found on it and nowhere else. In the end there is no
error in the daemon's log, in the editor's, or on screen, no process is left, and the daemon has not grown
since the first third.
Exits with 1 when anything is wrong. Each folder of editor-clients has a tests/install.sh for its editor.

    python benchmarks/editing_session.py [--editor neovim|vscode] [--minutes N] [--things N] [--seed N]
                                         [--pace SECONDS] [--short] [--json]
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import figures
from editing_repository import Repository
from editing_steps import Session
from editing_traces import Traces
from editor import User
from generation_grounding import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from editing_steps import Window

GROWTH_PERCENT, MORE_DESCRIPTORS, MORE_THREADS = 15.0, 8, 4

_MODEL = REPOSITORY / "tests" / "data" / "generation" / "tiny-coder.gguf"
SETTINGS = f"""
[generation]
model = "{_MODEL.as_posix()}"
temperature = 0.0
threads = 1
max_tokens = 300
[completion]
context_ms = 0.0
prompt_tokens = 2048
"""


@contextlib.contextmanager
def _windows(editor: str, user: User, base: Path, root: Path) -> Iterator[tuple[Callable[[], Window], Any]]:
    """How to open the editor, and how to read its logs."""
    if editor == "neovim":
        from editing_neovim import NeovimWindows  # noqa: PLC0415 - the other editor needn't be here

        windows = NeovimWindows(root, base / "state")
        yield windows.open, windows.log_complaints
    else:
        from editing_vscode import vscode_windows  # noqa: PLC0415

        with vscode_windows(user, base, root) as others:
            yield others.open, others.log_complaints


def _is_over(options: argparse.Namespace) -> Callable[[int], bool]:
    end = time.monotonic() + options.minutes * 60
    return lambda done: done >= options.things if options.things else time.monotonic() > end


def measure(options: argparse.Namespace, base: Path) -> dict[str, Any]:
    """Work, and look at what stays behind."""
    user = User(base)
    (base / "config.toml").write_text(SETTINGS, encoding="utf-8")
    repository = Repository(base / "repository", short=options.short or bool(options.things))
    traces = Traces(user, 1.0 if options.short or options.things else 15.0)
    began = time.monotonic()
    try:
        with _windows(options.editor, user, base, repository.root) as (open_window, log_complaints):
            session = Session(repository, open_window, traces.look, seed=options.seed, pace=options.pace)
            session.run(_is_over(options))
            faults = [*session.faults, *log_complaints(), *traces.complaints()]
    finally:
        left = traces.stopped()
    return {
        "editor": options.editor,
        "minutes": round((time.monotonic() - began) / 60, 1),
        "done": dict(session.done.most_common()),
        "completions_accepted": session.offered,
        "docstrings_written": session.documented,
        "daemon": traces.growth(),
        "faults": [*faults, *left],
    }


def _grown(daemon: dict[str, Any]) -> list[str]:
    warm, last = daemon["warm"], daemon["last"]
    limits = {
        "megabytes": warm["megabytes"] * (1 + GROWTH_PERCENT / 100),
        "descriptors": warm["descriptors"] + MORE_DESCRIPTORS,
        "threads": warm["threads"] + MORE_THREADS,
    }
    return [
        f"grown: {name} {warm[name]:g} -> {last[name]:g}"
        for name, most in limits.items()
        if last[name] > most
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--editor", choices=["neovim", "vscode"], default="neovim")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--things", type=int, default=0, help="end after so many things, whatever they take")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pace", type=float, default=1.0, help="seconds between two things, on average")
    parser.add_argument("--short", action="store_true", help="one minute, few files")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.short:
        options.minutes, options.pace = 1.0, 0.3
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # nothing is left behind then either
    # A socket's path has to be short.
    with tempfile.TemporaryDirectory(prefix="ca-") as folder:
        result = measure(options, Path(folder).resolve())
    if not (options.short or options.things):
        result["faults"] += _grown(result["daemon"])
    daemon = result["daemon"]
    done = ", ".join(f"{name} {count}" for name, count in result["done"].items())
    lines = [
        f"{options.editor}, {result['minutes']} minutes, {sum(result['done'].values())} things done: {done}",
        f"completions accepted: {result['completions_accepted']}, docstrings: {result['docstrings_written']}",
        *(
            f"daemon, {name}: {' '.join(f'{sample[name]:g}' for sample in daemon['samples'])}"
            for name in daemon["first"]
        ),
        f"faults: {len(result['faults'])}",
        *(f"  {fault}" for fault in result["faults"]),
    ]
    figures.publish(result, lines, as_json=options.json)
    sys.exit(bool(result["faults"]))


if __name__ == "__main__":
    main()
