"""What a model writes, in the editor: completions, code actions, and edits by instruction.

The models are real. One has random weights: what it says is noise, and where it belongs is not. The other
knows a few functions by heart.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gguf
import pytest

from ...models.tiny_gguf import vocabulary, write_tiny
from ..user import FILES, User
from .conftest import Opener, write_settings
from .user import vscode_user

READY = r"^codeassistd$"
GREETING = FILES["src/greeting.py"]
LEARNED = Path(__file__).parents[2] / "data/generation/tiny-coder.gguf"
HEADER = "def split_evenly(cents, people):"
SPLIT = f"""\
{HEADER}
    share, rest = divmod(cents, people)
    return [share + 1] * rest + [share] * (people - rest)
"""
_SETTINGS = """
[generation]
model = "{model}"
temperature = 0.0
context_tokens = 16384
max_tokens = {most}
[completion]
max_tokens = 24
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


@contextmanager
def writing(opener: Opener, model: Path, most: int) -> Iterator[tuple[Any, User]]:
    """A window of somebody who has a model that writes so many tokens at most."""
    settings = _SETTINGS.format(model=model.as_posix(), most=most)
    with vscode_user(settings) as user, opener.closing():
        data = user.base / "vscode"
        write_settings(data, {"editor.lightbulb.enabled": "off", "editor.quickSuggestions": False})
        window = opener.open(opener.serve(data, user.environment), user.workspace)
        window.status_becomes(READY)
        yield window, user


@pytest.fixture(scope="module")
def endless(opener: Opener, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, User]]:
    """With a model that writes, and writes, until it is stopped."""
    model = write_model(tmp_path_factory.mktemp("model") / "endless.gguf")
    with writing(opener, model, 4_000) as opened:
        yield opened


@pytest.fixture(scope="module")
def learned(opener: Opener) -> Iterator[tuple[Any, User]]:
    """With a model that knows how functions are documented."""
    with writing(opener, LEARNED, 512) as opened:
        yield opened


@contextmanager
def greeting(window: Any, user: User) -> Iterator[Any]:
    """The window, with the greeting open: the cursor is in its first line."""
    window.open_file(user.workspace / "src/greeting.py")
    window.until(lambda: window.text() == GREETING, "the text")
    yield window
    window.run("File: Revert File")
    window.run("View: Close All Editors")


@pytest.fixture
def window(endless: tuple[Any, User]) -> Iterator[Any]:
    with greeting(*endless) as opened:
        yield opened


@pytest.fixture
def known(learned: tuple[Any, User]) -> Iterator[Any]:
    """The window, with a function open that its model knows."""
    window, user = learned
    path = user.workspace / "src/ledger.py"
    path.write_text(SPLIT)
    window.open_file(path)
    window.until(lambda: window.text() == SPLIT, "the text")
    yield window
    window.run("File: Revert File")
    window.run("View: Close All Editors")


def instruct(window: Any, command: str, instruction: str) -> None:
    """Run a command that asks for an instruction, and give one."""
    window.run(command)
    window.page.locator('.quick-input-widget input[placeholder^="such as"]').wait_for()
    window.type(instruction)
    window.press("Enter")


def test_a_completion_is_offered_while_typing_and_taken_with_tab(window: Any) -> None:
    window.press("Control+End")
    window.type("def farewell():\nret")
    window.until(window.ghost_text, "a completion")
    window.picture("ghost-text")
    offered = window.ghost_text()
    window.press("Tab")
    window.until(lambda: window.ghost_text() != offered, "its end")
    assert f"ret{offered}" in window.text()


def test_writing_here_shows_as_it_comes_stops_at_once_and_is_one_undo(window: Any) -> None:
    window.press("Control+End")
    instruct(window, "codeassistd: Write Code Here", "say goodbye")
    window.until(lambda: len(window.text()) > len(GREETING) + 20, "the first words")
    window.press("Escape")
    window.until(lambda: "writing …" not in window.screen(), "the end of the writing")
    window.picture("written-here")
    assert window.text().startswith(GREETING.rstrip())
    window.press("Control+z")
    window.until(lambda: window.text() == GREETING, "the text of before")
    assert window.notifications() == []


def test_an_edit_that_is_rejected_leaves_no_trace(window: Any) -> None:
    window.press("Control+End", "ArrowUp", "Shift+ArrowUp")
    instruct(window, "codeassistd: Edit with Instruction", "shout")
    window.until(lambda: "greeting.py: shout" in window.tabs(), "the difference")
    window.until(lambda: "writing …" in window.screen(), "the writing")
    window.press("Escape")
    window.until(lambda: window.tabs() == ["greeting.py"], "the end of the difference")
    window.until(lambda: "writing …" not in window.screen(), "the end of the writing")
    assert window.text() == GREETING
    assert not window.is_dirty()


def test_an_edit_that_is_accepted_is_one_undo_and_says_what_it_is_made_of(known: Any) -> None:
    window = known
    window.press("Control+a")
    instruct(window, "codeassistd: Edit with Instruction", "Add a docstring")
    window.until(lambda: window.page.locator(".line-insert").count(), "what is different")
    window.until(lambda: "writing …" not in window.screen(), "the end of the writing")
    window.picture("edit")
    window.press("Control+Enter")
    window.until(lambda: window.tabs() == ["ledger.py"], "the end of the difference")
    window.until(lambda: window.text() != SPLIT, "the edit")
    assert window.text().startswith(f'{HEADER}\n    """')
    window.press("Control+z")
    window.until(lambda: window.text() == SPLIT, "the text of before")

    window.run("View: Show codeassistd")
    window.until(lambda: "sources of: add a docstring" in window.screen().lower(), "the sources")
    window.until(lambda: any("src" in row for row in window.results()), "a source")
    window.picture("sources")


def test_a_code_action_is_carried_out_and_is_one_undo(known: Any) -> None:
    window = known
    window.press("Control+Home", "ArrowDown")
    window.press("Control+Shift+r")
    menu = window.page.locator(".action-widget .monaco-list-row")
    listed = "Document split_evenly"
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
    window.press("Control+z")
    window.until(lambda: window.text() == SPLIT, "the text of before")
    assert window.notifications() == []
