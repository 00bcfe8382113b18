"""The one line that says why a file is indexed or not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from codeassistd.indexer.walk.entry import Selection
from codeassistd.indexer.walk.explain import explain
from codeassistd.models.errors import UsageError

FILES = {
    ".gitignore": "# logs\n\n*.log\nout/\n!keep.log\n",
    ".codeassistignore": "vendor\n",
    "sub/.gitignore": "/local\n",
    "sub/local": "x",
    "sub/data.bin": "a\0b",
    "a.log": "x",
    "keep.log": "x",
    "forced.log": "x",
    "out/deep/x": "x",
    "out/tracked": "x",
    "vendor/x": "x",
    "docs/x.md": "x",
    ".env": "x",
    "big": "x" * 200,
}


@pytest.fixture(scope="module")
def top(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("explained")
    for path, text in FILES.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=top, check=True)
    subprocess.run(["git", "init", "-q", "other"], cwd=top, check=True)
    (top / "other" / "x").touch()
    subprocess.run(["git", "add", "-f", "forced.log", "out/tracked"], cwd=top, check=True)
    blob = f"160000,{'ab' * 20},module"
    subprocess.run(["git", "update-index", "--add", "--cacheinfo", blob], cwd=top, check=True)
    (top / "module").mkdir()
    (top / "link").symlink_to("sub")
    return top


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.log", "ignored by .gitignore:3: *.log"),
        ("sub/a.log", "ignored by .gitignore:3: *.log"),
        ("sub/local", "ignored by sub/.gitignore:1: /local"),
        ("out/deep/x", "ignored by .gitignore:4: out/"),
        ("out/other", "ignored by .gitignore:4: out/"),
        ("out/vendor", "ignored by .codeassistignore:1: vendor"),
        ("out/a.log", "ignored by .gitignore:4: out/"),
        ("out/tracked", "indexed (tracked by git)"),
        ("forced.log", "indexed (tracked by git)"),
        ("keep.log", "indexed"),
        ("./sub/.gitignore", "indexed"),
        ("vendor/x", "ignored by .codeassistignore:1: vendor"),
        ("docs/x.md", "ignored by exclude:2: docs/"),
        ("sub/data.bin", "not indexed: binary"),
        ("big", "not indexed: too large"),
        (".env", "not indexed: secret"),
        (".git/config", "not indexed: git's own files never are"),
        ("link", "not indexed: a symbolic link; links are not followed"),
        ("link/data.bin", "not indexed: below a symbolic link; links are not followed"),
        ("other/x", "not indexed: other is a repository of its own"),
        ("module/x", "not indexed: module is a submodule, a repository of its own"),
        ("nowhere", "not indexed: No such file or directory"),
        ("no/where", "not indexed: no is no folder that can be read: No such file or directory"),
        ("sub", "a folder that is searched for files"),
        ("", "the workspace itself"),
    ],
)
def test_explain(path: str, expected: str, top: Path) -> None:
    line = explain(top, path, Selection(exclude=("x.tmp", "docs/"), max_file_bytes=100))
    assert line == expected


def test_explain_includes(top: Path) -> None:
    selection = Selection(include=("sub/",))
    assert explain(top, "keep.log", selection) == "not indexed: no include glob matches it"
    assert explain(top, "sub/.gitignore", selection) == "indexed"


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "sub/../../x"])
def test_path_outside(path: str, top: Path) -> None:
    with pytest.raises(UsageError, match="not a path inside"):
        explain(top, path)
