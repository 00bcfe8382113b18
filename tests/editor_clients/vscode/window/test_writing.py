"""What a model writes, in the editor: completions, code actions, and edits by instruction.

The models are real. One has random weights: what it says is noise, and where it belongs is not. The other
knows a few functions by heart.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gguf
import pytest

from ....models.tiny_gguf import vocabulary, write_tiny
from ...user import FILES, User
from .conftest import LEARNED, READY, SharedWindow, generation

GREETING = FILES["src/greeting.py"]
HEADER = "def split_evenly(cents, people):"
KNOWN = "share, rest = divmod(cents, people)"
SPLIT = f"""\
{HEADER}
    {KNOWN}
    return [share + 1] * rest + [share] * (people - rest)
"""


def write_model(path: Path) -> Path:
    """Write a model that says printable text, and hardly ever comes to an end."""
    write_tiny(path, context=16_384)
    texts, _, _ = vocabulary()
    (output,) = (each for each in gguf.GGUFReader(path, "r+").tensors if each.name == "output.weight")
    line_break = output.data[texts.index(b"<0x0A>")].copy()
    output.data[texts.index(b"<0x00>") : texts.index(b"<0x7F>") + 1] *= 0.01
    output.data[texts.index(b"<0x0A>")] = line_break * 2  # text is sent on line by line
    output.data[texts.index(b"<|im_end|>")] *= 0
    output.data.flush()
    return path


@pytest.fixture(scope="module")
def endless(
    shared_window: SharedWindow, user: User, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """The user has a model that writes, and writes, until it is stopped."""

    def choose(model: Path, most: int) -> None:
        (user.base / "config.toml").write_text(generation(model, most), encoding="utf-8")
        window = shared_window.take()
        user.codeassistd("stop")
        window.watch_status()
        window.run("codeassistd: Restart Language Server")
        window.status_was("starting")
        window.status_becomes(READY)
        shared_window.give_back(window)

    choose(write_model(tmp_path_factory.mktemp("model") / "endless.gguf"), 4_000)
    yield
    choose(LEARNED, 512)


@pytest.fixture
def greeting(endless: None, window: Any, user: User) -> Any:
    """The window with a file open, and the cursor in its first line; a model without an end writes."""
    window.open_file(user.workspace / "src/greeting.py")
    window.until(lambda: window.text() == GREETING, "the text")
    return window


@pytest.fixture
def ledger(window: Any, user: User) -> Iterator[Any]:
    """The window with a function open that its model knows."""
    path = user.workspace / "src/ledger.py"
    path.write_text(SPLIT)
    window.open_file(path)
    window.until(lambda: window.text() == SPLIT, "the text")
    yield window
    path.unlink()


def instruct(window: Any, command: str, instruction: str) -> None:
    """Run a command that asks for an instruction, and give one."""
    window.run(command)
    window.page.locator('.quick-input-widget input[placeholder^="such as"]:focus').wait_for()
    window.page.keyboard.insert_text(instruction)
    window.press("Enter")


def test_a_completion_is_offered_while_typing_and_taken_with_tab(ledger: Any) -> None:
    window = ledger
    window.press("Control+Home", "ArrowDown", "Control+Shift+End", "Delete")
    window.until(lambda: window.text() == f"{HEADER}\n", "the gap")
    window.type("    ")
    offered = window.until(lambda: KNOWN in window.ghost_text() and window.ghost_text(), "a completion")
    window.picture("ghost-text", height=200)
    window.press("Tab")
    window.until(lambda: window.ghost_text() != offered, "its end")
    assert f"{HEADER}\n    {KNOWN}" in window.text()


def test_an_edit_that_is_accepted_is_one_undo_and_says_what_it_is_made_of(ledger: Any) -> None:
    window = ledger
    window.press("Control+a")
    instruct(window, "codeassistd: Edit with Instruction…", "Add a docstring")
    window.until(lambda: window.page.locator(".line-insert").count(), "what is different")
    window.until(lambda: "writing …" not in window.screen(), "the end of the writing")
    window.run("View: Toggle Primary Side Bar Visibility")
    window.picture("edit", height=200)
    window.until(window.is_editing, "the difference")
    window.press("Control+Enter")
    window.until(lambda: window.tabs() == ["ledger.py"], "the end of the difference")
    window.until(lambda: window.text() != SPLIT, "the edit")
    assert window.text().startswith(f'{HEADER}\n    """')
    window.until(window.is_editing, "the text")
    window.press("Control+z")
    window.until(lambda: window.text() == SPLIT, "the text of before")

    window.run("View: Show codeassistd")
    window.until(lambda: "sources of: add a docstring" in window.screen().lower(), "the sources")
    window.results_become("src")
    window.picture("sources")


def test_a_code_action_is_carried_out_and_is_one_undo(ledger: Any) -> None:
    window = ledger
    window.press("Control+Home", "ArrowDown")
    window.place_becomes("ledger.py", 2)
    menu = window.page.locator(".action-widget .monaco-list-row")
    listed = "Document split_evenly"
    window.press("Control+Shift+r")
    window.until(lambda: any(listed in each for each in menu.all_inner_texts()), "the actions")
    window.picture("code-actions")
    chosen = window.page.locator(".action-widget .monaco-list-row.focused").filter(has_text=listed)
    window.until(chosen.count, "the action")
    window.press("Enter")
    window.until(lambda: window.text() != SPLIT, "the edit")
    window.picture("code-action")
    rows = window.text().split("\n")
    assert rows[1].strip().startswith('"""')
    assert [rows[0], *rows[2:]] == SPLIT.split("\n")
    window.until(window.is_editing, "the text")
    window.press("Control+z")
    window.until(lambda: window.text() == SPLIT, "the text of before")
    assert window.notifications() == []


def test_writing_here_shows_as_it_comes_stops_at_once_and_is_one_undo(greeting: Any) -> None:
    window = greeting
    window.press("Control+End")
    instruct(window, "codeassistd: Write Code Here…", "say goodbye")
    window.until(lambda: len(window.text()) > len(GREETING) + 20, "the first words")
    window.until(window.is_editing, "the text")
    window.press("Escape")
    window.until(lambda: "writing …" not in window.screen(), "the end of the writing")
    window.picture("written-here")
    window.press("Control+Home")  # what was written may be longer than the window
    window.until(lambda: window.text().startswith(GREETING.rstrip()), "the beginning")
    window.press("Control+z")
    window.until(lambda: window.text() == GREETING, "the text of before")
    assert window.notifications() == []


def test_an_edit_that_is_rejected_leaves_no_trace(greeting: Any) -> None:
    window = greeting
    window.press("Control+End", "ArrowUp", "Shift+ArrowUp")
    instruct(window, "codeassistd: Edit with Instruction…", "shout")
    window.until(lambda: "greeting.py: shout" in window.tabs(), "the difference")
    window.until(lambda: "writing …" in window.screen(), "the writing")
    window.until(window.is_editing, "the difference")
    window.press("Escape")
    window.until(lambda: window.tabs() == ["greeting.py"], "the end of the difference")
    window.until(lambda: "writing …" not in window.screen(), "the end of the writing")
    window.until(lambda: window.text() == GREETING, "the text")
    assert not window.is_dirty()
