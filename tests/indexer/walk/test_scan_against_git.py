"""`scan` lists what git lists: generated trees, compared with the real git."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codeassistd.indexer.walk.entry import FileEntry, Selection
from codeassistd.indexer.walk.folder import open_workspace
from codeassistd.indexer.walk.scan import scan

EVERYTHING = Selection(max_file_bytes=1 << 40, index_secrets=True)
NAMES = [
    "a", "b", "ab", "A", "a.c", "b.c", ".c", "a b", "a ", "#a", "!a", "a*", "[a]", "a\\", "é", "ba", "a\nb",
    "-", "]", "^a",
    os.fsdecode(b"\xff"), os.fsdecode(b"a\xe9"),
]  # fmt: skip
name = st.sampled_from(NAMES)
folder_path = st.lists(st.sampled_from(["a", "b", "ab", "A", "a.c", "a b"]), max_size=3).map("/".join)

ATOMS = [
    "*", "**", "***", "?", "a", "b", "ab", "c", ".", ".c", "a.c", "A", " ", "\\ ", "\\a", "\\*", "\\\\", "\\",
    "\\[", "\\/", "[ab]", "[!a]", "[^a]", "[a-b]", "[]a]", "[!]a]", "[a", "[", "]", "[z-a]", "[[:alpha:]]",
    "[[:upper:]a]", "[[:foo:]]", "[[:a]", "[a-]", "[-a]", "[\\]]", "[a\\-z]", "[[:space:]]", "[[:punct:]]",
    "[/]", "[!/]", "!", "#", "é", "\\n",
]  # fmt: skip
component = st.lists(st.sampled_from(ATOMS), min_size=1, max_size=3).map("".join)
pattern = st.builds(
    lambda negation, lead, parts, tail: (negation + lead + "/".join(parts) + tail).encode(),
    st.sampled_from(["", "", "", "!", "!!"]),
    st.sampled_from(["", "", "", "/", "**/", "//"]),
    st.lists(component, min_size=1, max_size=3),
    st.sampled_from(["", "", "", "/", "/**", "/*", " ", "\r", "//", "  ", "\\ ", "**"]),
)
ODD_LINES = [
    b"", b"# note", b"!", b"/", b"//", b"\r", b" ", b"*\0b", b"\xff", b"?", b"a\xe9", b"\\", b"!/", b"!*/",
    b"*",
    b"!*.c",
]  # fmt: skip
odd_line = st.sampled_from(ODD_LINES)
ignore_file = st.tuples(
    st.sampled_from([b"", b"", b"\xef\xbb\xbf"]),
    st.lists(st.one_of(pattern, pattern, pattern, odd_line), min_size=1, max_size=5),
    st.sampled_from([b"", b"\n"]),
).map(lambda parts: parts[0] + b"\n".join(parts[1]) + parts[2])


@dataclass(frozen=True)
class Tree:
    """A work tree to be made; paths as pairs of folder and name."""

    files: list[tuple[str, str]]
    links: list[tuple[str, str]]
    ignore_files: list[tuple[str, bytes]]
    tracked: list[int]
    index_version: int
    info_exclude: bytes
    global_excludes: bytes
    ignore_case: bool
    nested: list[str]
    workspace: str


trees = st.builds(
    Tree,
    files=st.lists(st.tuples(folder_path, name), min_size=1, max_size=12),
    links=st.lists(st.tuples(folder_path, name), max_size=2),
    ignore_files=st.lists(st.tuples(folder_path, ignore_file), min_size=1, max_size=3),
    tracked=st.lists(st.integers(0, 11), max_size=3),
    index_version=st.sampled_from([2, 3, 4]),
    info_exclude=st.one_of(st.just(b""), ignore_file),
    global_excludes=st.one_of(st.just(b""), ignore_file),
    ignore_case=st.sampled_from([False, False, True]),
    nested=st.lists(folder_path.filter(bool), max_size=1),
    workspace=folder_path,
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty repository to copy, which is faster than `git init`."""
    top = tmp_path_factory.mktemp("template") / "repository"
    subprocess.run(["git", "init", "-q", "--template=", top], check=True)
    return top


def build(tree: Tree, place: Path, template: Path) -> Path:
    top = place / "top"
    shutil.copytree(template, top)
    made = []
    for folder, file_name in tree.files:
        if path := free_path(top / folder / file_name):
            path.write_bytes(b"x")
            made.append(path)
    for (folder, link_name), target in zip(tree.links, (".", "nowhere"), strict=False):
        if path := free_path(top / folder / link_name):
            path.symlink_to(target)
    for folder, data in tree.ignore_files:
        if path := free_path(top / folder / ".gitignore"):
            path.write_bytes(data)
    for folder in tree.nested:
        if (top / folder).is_dir() and (top / folder).resolve() == top / folder:
            shutil.copytree(template / ".git", top / folder / ".git")
    track(top, sorted({made[index] for index in tree.tracked if index < len(made)}), tree.index_version)
    configure(tree, top, place / "home")
    return top


def free_path(path: Path) -> Path | None:
    """The path, in a folder made for it; None when it is taken, below a file, or leads through a link."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, FileNotFoundError, NotADirectoryError):
        return None
    return path if path.parent.resolve() == path.parent and not os.path.lexists(path) else None


def track(top: Path, paths: list[Path], index_version: int) -> None:
    if not paths:
        return
    entry = b"100644 e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\t%b\0"
    entries = b"".join(entry % os.fsencode(path.relative_to(top)) for path in paths)
    git(top, "update-index", "--add", "-z", "--index-info", data=entries)
    git(top, "update-index", "--index-version", str(index_version))


def configure(tree: Tree, top: Path, home: Path) -> None:
    (top / ".git" / "info").mkdir()
    (top / ".git" / "info" / "exclude").write_bytes(tree.info_exclude)
    home.mkdir()
    (home / "excludes").write_bytes(tree.global_excludes)
    (home / ".gitconfig").write_text('[core]\n\texcludesFile = "~/excludes"\n')
    if tree.ignore_case:
        with (top / ".git" / "config").open("a") as config:
            config.write("[core]\n\tignoreCase\n")


def git(folder: Path, *arguments: str, data: bytes | None = None) -> bytes:
    return subprocess.run(["git", *arguments], cwd=folder, input=data, check=True, capture_output=True).stdout


def listed_by_git(folder: Path) -> set[bytes]:
    output = git(folder, "ls-files", "-co", "--exclude-standard", "-z")
    return {path.rstrip(b"/") for path in output.split(b"\0") if path}


def listed_by_scan(folder: Path) -> set[bytes]:
    """Paths as git prints them; what `scan` shows with escapes is turned back."""
    return {
        item.path.encode()
        if isinstance(item, FileEntry)
        else item.path.encode().replace(b"\\xff", b"\xff").replace(b"\\xe9", b"\xe9")
        for item in scan(folder, EVERYTHING)
    }


def isolate(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for variable in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_DIR", "GIT_INDEX_FILE"):
        monkeypatch.delenv(variable, raising=False)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tree=trees)
def test_lists_what_git_lists(tree: Tree, template: Path) -> None:
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as monkeypatch:
        compare(tree, Path(place).resolve(), template, monkeypatch)


def compare(tree: Tree, place: Path, template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch, place / "home")
    top = build(tree, place, template)
    workspace = top / tree.workspace
    # A workspace that its repository ignores is listed as if it stood alone; git lists nothing there.
    if not workspace.is_dir() or not open_workspace(workspace, EVERYTHING).folder.in_repository:
        workspace = top
    ours, theirs = listed_by_scan(workspace), listed_by_git(workspace)
    if tree.ignore_case:  # git prints a tracked file as the index spells it, whatever the folder says
        ours, theirs = ({path.lower() for path in paths} for paths in (ours, theirs))
    assert ours == theirs
