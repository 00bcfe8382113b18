"""Eglot, a client that nobody here wrote, gets along with the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_a_session_in_emacs(session: Callable[[], Any], user: Any) -> None:
    steps = session()
    assert (steps["server"], steps["mode"]) == ("codeassistd", "python-mode")
    assert steps["symbols"][0] == ["settings.go", 4, "func ParseSettings(path string) error {"]
    assert steps["command"][0] == "src/retry.py"

    # On screen, not on disk.
    assert steps["before"] == []
    assert steps["typed"] == ["src/greeting.py"]
    assert 'GREETING = "😀 grüß wallaby dich"' in steps["line"]
    assert steps["unsaved"][0] == ["greeting.py", 9, "def numbat():"]
    assert "wallaby" not in (user.workspace / "src" / "greeting.py").read_text(encoding="utf-8")

    assert steps["listed"].startswith("src/settings.go:4:ParseSettings\n")
    assert steps["visited"] == "settings.go"
    assert steps["refused"].startswith("the query is empty; say what to look for")

    assert steps["running"] is False
    assert steps["said"] == []
    status = user.run("status", "--workspace", str(user.workspace))
    assert (status["daemon"], status["sessions"], status["errors"]) == (True, 0, [])
