"""Model processes of a daemon killed at random moments while it indexes, and what is left of the index."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psutil
from crash_safety import Stage, all_rows, finish

from codeassistd.indexer.store.layout import IndexLayout
from codeassistd.models.errors import CodeassistdError

if TYPE_CHECKING:
    from pathlib import Path

    from editor import Editor, User

_FILES_AT_FIRST = 40
_LONGEST_PAUSE = 1.5
_RECOVERING_SHARE = 0.7
"""Of the kills, those that wait until queries are answered again; others may strike while a model loads."""

_MOST_RECOVERING = 70.0


@dataclass(slots=True)
class Asking:
    """Somebody who asks for vectors all the time.

    Attributes:
        editor: Their session.
        asked: Requests so far.
        answered: Of those, answered with vectors.
        refused: And with an error in words.
        ends: Set to make an end.
    """

    editor: Editor
    ends: threading.Event
    asked: int = 0
    answered: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def run(self) -> None:
        """Ask until the end; anything but vectors or an error in words is raised."""
        while not self.ends.is_set():
            self.asked += 1
            try:
                texts = {"texts": [f"where is number {self.asked}"], "kind": "query"}
                assert len(self.editor.client.request("codeassist/embed", texts)["embeddings"]) == 1
            except CodeassistdError as error:
                self.refused[error.message] += 1
            else:
                self.answered += 1
            time.sleep(0.02)


def kill_at_random(user: User, base: Path, kills: int, seed: int = 1) -> dict[str, Any]:
    """Change files and kill a process of the daemon that holds a model, again and again.

    Args:
        user: Whose daemon it is.
        base: Folder for the workspace.
        kills: How often.
        seed: Of the random choices.

    Returns:
        What was done, and whether the rows are those of a fresh index.
    """
    stage = Stage(base / "killed", user.data, random.Random(seed))  # noqa: S311 - not for secrets
    stage.root.mkdir()
    for _ in range(_FILES_AT_FIRST // 4):
        stage.change_files()
    with user.editor(stage.root) as editor, user.editor(stage.root) as other:
        asking = Asking(other, threading.Event())
        thread = threading.Thread(target=asking.run)
        thread.start()
        try:
            process = user.process()
            for _ in range(kills):
                _change_and_kill(process, stage, asking)
        finally:
            asking.ends.set()
            thread.join()
        _wait_until_ready(editor)
    survived = all_rows(stage.layout)
    fresh = base / "fresh"
    finish(stage, fresh)
    expected = all_rows(IndexLayout.of(fresh, stage.layout.folder.name))
    return {
        "kills": kills,
        "asked": asking.asked,
        "answered": asking.answered,
        "refused": asking.refused.total(),
        "reasons": [reason for reason, _ in asking.refused.most_common(5)],
        "rows": len(survived),
        "equal": survived == expected,
    }


def _change_and_kill(daemon: psutil.Process, stage: Stage, asking: Asking) -> None:
    """Change files, and kill one of the processes with a model at some moment after that."""
    if stage.random.random() < _RECOVERING_SHARE:
        answered, until = asking.answered, time.monotonic() + _MOST_RECOVERING
        while asking.answered == answered and time.monotonic() < until:
            time.sleep(0.01)
    while True:
        stage.change_files()
        time.sleep(stage.random.uniform(0.0, _LONGEST_PAUSE))
        # Those that a killed one leaves behind end by themselves.
        if children := sorted(daemon.children(), key=lambda child: child.pid):
            with contextlib.suppress(psutil.NoSuchProcess):
                stage.random.choice(children).kill()
                return


def _wait_until_ready(editor: Editor) -> None:
    """Wait until the daemon has come to rest, however often it says that it has just failed."""
    until = time.monotonic() + 300.0
    while True:
        try:
            return editor.wait_until_ready()
        except CodeassistdError:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)
