"""What somebody does in an editor: open, edit, search, complete, switch branches, close, open again."""

from __future__ import annotations

import random
import time
import traceback
from collections import Counter
from typing import TYPE_CHECKING, Protocol, TypeVar

from editing_repository import BRANCHES, LEARNED, Repository, only_file, only_function
from figures import step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_T = TypeVar("_T")

PATIENCE_SECONDS = 60.0
_LONGEST_LOOK = 1.0
_MOST_OPEN = 8

_SUBJECTS = ("walrus", "teapot", "comet", "meadow", "anchor", "violin", "glacier", "pepper", "harbour")
_QUESTIONS = (
    "where are settings checked", "split text into terms", "which process owns the socket", "parse a query",
    "read a file's text", "write rows of the table", "how is a model chosen", "watch a folder for changes",
    "what does git ignore", "merge overlapping results", "stop the daemon", "positions in UTF-16",
)  # fmt: skip
NO_FAULT = ("the model wrote no documentation", "the answer was stopped")
"""What a small model is allowed to say."""

_KNOWN_HEADER = "def split_evenly(cents, people):"


class Window(Protocol):
    """An editor on the repository. Paths are relative to it; what fails raises."""

    def open(self, path: str) -> None:
        """Have a file on screen, and the cursor in it."""

    def append(self, lines: Sequence[str]) -> None:
        """Type lines at the end of the file."""

    def save_all(self) -> None:
        """Save every file."""

    def undo(self) -> None:
        """Take the last change back."""

    def search(self, query: str, *, visit: bool) -> list[str]:
        """The paths that a search finds, best first; visits the first."""

    def similar(self) -> list[str]:
        """The paths of code like the cursor's line."""

    def symbols(self, name: str) -> list[str]:
        """The paths of symbols with a name like this."""

    def complete(self, lines: Sequence[str]) -> str:
        """Type lines at the end of the file, and accept what is offered; "" when nothing is."""

    def document(self, function: str) -> bool:
        """Have a function of the file documented by a code action, and undo it; whether it was."""

    def stop_writing(self) -> None:
        """Have something written about the file, and stop it."""

    def show_status(self) -> str:
        """What is shown of the daemon's state."""

    def close(self, path: str) -> None:
        """Close a file, throwing away what isn't saved."""

    def files_changed(self) -> None:
        """Look at the disk: files have changed."""

    def complaints(self) -> list[str]:
        """Errors and warnings that were shown since it was opened."""

    def quit(self) -> None:
        """End the editor as a user does, and wait for what it started."""


def until(look: Callable[[], _T], what: str, seconds: float = PATIENCE_SECONDS) -> _T:
    """Look again and again until there is something.

    Raises:
        TimeoutError: There never was; time in which this process was held up doesn't count.
    """
    before = time.monotonic()
    while not (found := look()):
        now = time.monotonic()
        seconds -= min(now - before, _LONGEST_LOOK)
        before = now
        if seconds < 0:
            raise TimeoutError(f"{what} never came")
        time.sleep(0.02)
    return found


class Session:
    """Somebody at work.

    Attributes:
        done: How often each thing was done.
        offered: Completions that were accepted.
        documented: Docstrings that a code action wrote.
        faults: What went wrong.

    Args:
        repository: What is worked on.
        open_window: Opens the editor.
        rest: Called while no editor is open.
        seed: Of the choices.
        pace: Seconds between two things, on average.
    """

    def __init__(
        self,
        repository: Repository,
        open_window: Callable[[], Window],
        rest: Callable[[], None],
        *,
        seed: int,
        pace: float,
    ) -> None:
        self.done: Counter[str] = Counter()
        self.offered = self.documented = 0
        self.faults: list[str] = []
        self._repository, self._open_window, self._rest = repository, open_window, rest
        self._choose, self._pace = random.Random(seed), pace  # noqa: S311 - nothing is kept secret by it
        self._window = open_window()
        self._open: list[str] = []
        self._number = 0

    def run(self, is_over: Callable[[int], bool]) -> None:
        """Work until it is over; it is told how many things were done."""
        actions = {
            self._edit: 8, self._search: 6, self._visit: 3, self._open_another: 6, self._close_one: 4,
            self._complete: 4, self._similar: 2, self._symbols: 2, self._document: 1, self._stop_writing: 1,
            self._status: 1, self._from_outside: 2, self._switch: 3, self._restart: 1,
        }  # fmt: skip
        try:
            self._some_file()
            until(lambda: "ready: " in self._window.show_status(), "the first index", 600)
            every = self._choose.sample(list(actions), len(actions))  # each at least once
            while not is_over(self.done.total()):
                action = every.pop() if every else self._choose.choices(list(actions), [*actions.values()])[0]
                self._attempt(action)
                time.sleep(self._choose.uniform(0.2, 1.8) * self._pace)
        except BaseException:
            self._window.quit()
            raise
        self._end()

    def _attempt(self, action: Callable[[], None]) -> None:
        name = action.__name__.strip("_")
        try:
            action()
        except Exception as error:  # noqa: BLE001 - any failure is what is looked for
            self.faults.append(f"{name}: {type(error).__name__}: {error}")
            step(f"fault in {name}: {traceback.format_exc(limit=-3)}")
        self.done[name] += 1

    def _expect(self, is_so: object, what: str) -> None:
        if not is_so:
            raise AssertionError(what)

    def _show(self, path: str) -> str:
        self._window.open(path)
        if path in self._open:
            self._open.remove(path)
        self._open.append(path)
        if len(self._open) > _MOST_OPEN:
            self._window.close(self._open.pop(0))
        return path

    def _some_file(self) -> str:
        if self._open and self._choose.random() < 0.6:
            return self._show(self._choose.choice(self._open))
        return self._show(self._choose.choice(self._repository.files()))

    def _fresh_name(self) -> str:
        self._number += 1
        return f"weigh_{self._choose.choice(_SUBJECTS)}_{self._number}"

    def _found(self, name: str, path: str, *, present: bool = True) -> None:
        until(
            lambda: (path in self._window.search(name, visit=False)) is present,
            f"{path} {'in' if present else 'missing from'} the results for {name}",
        )

    # What is done.

    def _edit(self) -> None:
        path, name = self._some_file(), self._fresh_name()
        self._window.append(("", f"def {name}(scale):", f"    return scale + {self._number}", ""))
        if self._choose.random() < 0.5:
            self._window.save_all()
        self._found(name, path)
        if self._choose.random() < 0.2:
            self._show(path)
            self._window.undo()

    def _search(self) -> None:
        question = self._choose.choice(_QUESTIONS)
        self._expect(self._window.search(question, visit=False), f"nothing found for {question}")

    def _visit(self) -> None:
        found = self._window.search(self._choose.choice(_QUESTIONS), visit=True)
        if found[0] not in self._open:
            self._open.append(found[0])

    def _open_another(self) -> None:
        self._show(self._choose.choice(self._repository.files()))

    def _close_one(self) -> None:
        if self._open:
            self._window.close(self._open.pop(self._choose.randrange(len(self._open))))

    def _complete(self) -> None:
        self._number += 1
        path = f"tools/draft_{self._number}.py"
        (self._repository.root / path).write_text("", encoding="utf-8")
        self._show(path)
        offered = self._window.complete((_KNOWN_HEADER, "    "))
        self.offered += bool(offered)
        if self._choose.random() < 0.5:
            self._window.save_all()
        self._window.close(path)
        self._open.remove(path)

    def _similar(self) -> None:
        self._some_file()
        for path in self._window.similar():
            self._expect((self._repository.root / path).is_file(), f"{path}, which is like it, is no file")

    def _symbols(self) -> None:
        name = only_function(self._repository.branch)
        found = self._window.symbols(name)
        self._expect(only_file(self._repository.branch) in found, f"{name} is no symbol, only {found}")

    def _document(self) -> None:
        self._show(LEARNED)
        self.documented += self._window.document("split_evenly")

    def _stop_writing(self) -> None:
        self._some_file()
        self._window.stop_writing()

    def _status(self) -> None:
        self._some_file()
        self._expect("all-MiniLM" in (shown := self._window.show_status()), shown)

    def _from_outside(self) -> None:
        name = self._fresh_name()
        path = f"tools/from_outside_{self._number}.py"
        file = self._repository.root / path
        file.write_text(f"def {name}():\n    return {self._number}\n", encoding="utf-8")
        self._found(name, path)
        file.unlink()
        self._found(name, path, present=False)

    def _switch(self) -> None:
        self._window.save_all()
        self._repository.commit()
        before = self._repository.branch
        self._repository.switch(self._choose.choice([each for each in BRANCHES if each != before]))
        for path in [each for each in self._open if not (self._repository.root / each).exists()]:
            self._window.close(path)
            self._open.remove(path)
        self._window.files_changed()
        self._found(only_function(self._repository.branch), only_file(self._repository.branch))
        self._found(only_function(before), only_file(before), present=False)

    def _restart(self) -> None:
        self._end()
        step(f"{self.done.total()} things done, {len(self.faults)} faults")
        self._window = self._open_window()
        for path in self._open[:]:
            self._show(path)

    def _end(self) -> None:
        self._window.save_all()
        for complaint in self._window.complaints():
            step(complaint)
            self.faults.append(complaint)
        self._window.quit()
        self._rest()
