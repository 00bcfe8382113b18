"""Whatever happens to files, a search finds them as they are."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from home import Home
from language_client import Editor, until

GIT = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "core.hooksPath=/dev/null", "-C"]


@pytest.fixture
def area(project: Path, editor: Editor) -> Iterator[Path]:
    """A folder for the test in the open project."""
    folder = project / "area"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)
    editor.wait_for_index()


@pytest.fixture(params=["waiting", "polling"])
def found(request: pytest.FixtureRequest, editor: Editor) -> object:
    """Checks what a search finds: once every change has been waited for, or as soon as the watch saw it."""

    def check(query: str, *paths: str) -> None:
        if request.param == "waiting":
            editor.wait_for_index()
            assert sorted(set(editor.paths(query))) == sorted(paths)
        else:
            until(lambda: sorted(set(editor.paths(query))) == sorted(paths), f"finding {query!r} in {paths}")

    return check


def test_files_come_change_move_and_go(area: Path, found: object) -> None:
    assert callable(found)
    path = area / "one.py"
    path.write_text("def lorikeet():\n    pass\n")
    found("lorikeet", "area/one.py")
    path.write_text("def cockatoo():\n    return 1\n")
    found("cockatoo", "area/one.py")
    found("lorikeet")
    path.rename(area / "two.py")
    found("cockatoo", "area/two.py")
    draft = area / "two.py~"
    draft.write_text("def kookaburra():\n    pass\n")
    draft.replace(area / "two.py")
    found("kookaburra", "area/two.py")
    found("cockatoo")
    (area / "two.py").unlink()
    found("kookaburra")


def test_folders_are_made_renamed_and_removed(area: Path, found: object) -> None:
    assert callable(found)
    deep = area / "a/b/c"
    deep.mkdir(parents=True)
    (deep / "one.py").write_text("def lyrebird():\n    pass\n")
    found("lyrebird", "area/a/b/c/one.py")
    (area / "a").rename(area / "z")
    found("lyrebird", "area/z/b/c/one.py")
    (area / "z/b/c/one.py").write_text("def emu():\n    pass\n")
    found("emu", "area/z/b/c/one.py")
    outside = area.parent.parent / f"outside-{area.parent.name}"
    (area / "z").rename(outside)
    found("emu")
    shutil.move(outside, area / "back")
    found("emu", "area/back/b/c/one.py")


def test_ignore_rules_count_as_soon_as_they_change(area: Path, found: object) -> None:
    assert callable(found)
    (area / "made.py").write_text("def budgerigar():\n    pass\n")
    found("budgerigar", "area/made.py")
    (area / ".gitignore").write_text("made.py\n")
    found("budgerigar")
    (area / ".gitignore").write_text("")
    found("budgerigar", "area/made.py")


def test_the_index_is_what_a_new_one_would_be_after_random_edits(
    area: Path, editor: Editor, project: Path, home: Home
) -> None:
    random.seed(7)
    words = ["heron", "egret", "ibis", "stork", "crane"]
    for number in range(1_000):
        path = area / f"{random.choice('abc')}/{random.choice('xyz')}.py"
        act = random.random()
        if act < 0.7:
            path.parent.mkdir(exist_ok=True)
            path.write_text(
                "\n\n".join(f"def {word}_{number}():\n    pass" for word in random.sample(words, 2))
            )
        elif act < 0.85:
            path.unlink(missing_ok=True)
        elif path.parent.is_dir():
            shutil.rmtree(area / "d", ignore_errors=True)
            path.parent.rename(area / "d")
        if number % 50 == 49:
            editor.wait_for_index()
            assert _found(editor, words) == _written(project, words)
    status = editor.request("codeassist/status")
    own = next(one for one in status["workspaces"] if one["root"] == str(project))
    fresh = home.json("index", project, "--no-daemon", "--full")
    assert own["chunks"] == fresh["chunks"]["total"]
    assert own["pending"] == 0


def _found(editor: Editor, words: list[str]) -> set[tuple[str, int, str]]:
    lines = set()
    for word in words:
        for hit in editor.search(word, mode="keyword", limit=100):
            texts = enumerate(hit["snippet"].split("\n"), hit["range"]["start"]["line"])
            lines |= {(hit["path"], number, text) for number, text in texts if f"def {word}_" in text}
    return lines


def _written(root: Path, words: list[str]) -> set[tuple[str, int, str]]:
    return {
        (path.relative_to(root).as_posix(), number, line)
        for path in root.rglob("*.py")
        for number, line in enumerate(path.read_text().split("\n"))
        if any(f"def {word}_" in line for word in words)
    }


def test_a_checkout_that_changes_hundreds_of_files(editor: Editor, tmp_path: Path) -> None:
    root = (tmp_path / "repository").resolve()
    root.mkdir()

    def git(*arguments: str) -> None:
        subprocess.run([*GIT, str(root), *arguments], check=True, capture_output=True)

    def write(word: str, count: int) -> None:
        for number in range(count):
            path = root / f"package_{number % 10}/module_{number}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"def {word}_{number}():\n    pass\n")

    git("init", "--quiet", "--initial-branch=main")
    write("falcon", 100)
    git("add", ".")
    git("commit", "--quiet", "--message=first")
    git("checkout", "--quiet", "-b", "more")
    write("osprey", 300)
    git("add", ".")
    git("commit", "--quiet", "--message=second")
    editor.change_folders(added=(root,))
    where = {"workspace": str(root), "limit": 1000}
    editor.wait_for_index(root)
    assert len(editor.paths("osprey", **where)) == 300
    git("checkout", "--quiet", "main")
    editor.wait_for_index(root)
    assert len(editor.paths("falcon", **where)) == 100
    assert editor.paths("osprey", **where) == []
    git("checkout", "--quiet", "more")
    until(lambda: len(editor.paths("osprey", **where)) == 300, "the second checkout")
    until(lambda: editor.paths("falcon", **where) == [], "the second checkout")
    editor.change_folders(removed=(root,))


def test_new_revisions_are_told(editor: Editor, area: Path, project: Path) -> None:
    editor.told.clear()
    (area / "one.py").write_text("def toucan():\n    pass\n")
    revision = editor.wait_for_index()
    changed = {"workspace": str(project), "revision": revision}
    until(lambda: changed in editor.named("codeassist/indexChanged"), "the notification")
