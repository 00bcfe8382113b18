"""Eglot, a client that nobody here wrote, gets along with the server."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]


def test_the_set_up_that_is_printed(session: Callable[[str], Any], user: Any) -> None:
    page = (ROOT / "editor-clients" / "README.md").read_text(encoding="utf-8")
    steps = session(page.partition("```elisp\n")[2].partition("```")[0])
    assert steps["listed"].startswith("src/settings.go:4:ParseSettings\n")
    assert steps["visited"] == "settings.go"
    assert steps["completed"] == "    share, rest = divmod(cents, people)"
    assert 'def split_evenly(cents, people):\n    """' in steps["documented"]
    _check(steps, user)


def test_the_line_of_the_readme(session: Callable[[str], Any], user: Any) -> None:
    [line] = re.findall(
        r"`(\(add-to-list 'eglot-server-programs.*?\))`", (ROOT / "README.md").read_text(encoding="utf-8")
    )
    _check(session(line), user)


def _check(steps: Any, user: Any) -> None:
    assert (steps["server"], steps["mode"]) == ("codeassistd", "python-mode")
    assert steps["symbols"][0] == ["settings.go", 4, "func ParseSettings(path string) error {"]
    assert steps["command"][0] == "src/retry.py"

    # On screen, not on disk.
    assert steps["before"] == []
    assert steps["typed"] == ["src/greeting.py"]
    assert 'GREETING = "😀 grüß wallaby dich"' in steps["line"]
    assert steps["unsaved"][0] == ["greeting.py", 9, "def numbat():"]
    assert "wallaby" not in (user.workspace / "src" / "greeting.py").read_text(encoding="utf-8")

    assert steps["refused"].startswith("the query is empty; say what to look for")

    assert steps["running"] is False
    assert steps["said"] == []
    status = user.status("--workspace", str(user.workspace))
    assert (status["daemon"], status["sessions"], status["errors"]) == (True, 0, [])
