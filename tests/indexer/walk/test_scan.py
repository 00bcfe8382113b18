"""What a walk lists, skips and survives."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from codeassistd.indexer.walk.entry import FileEntry, Selection, Skip, SkipReason
from codeassistd.indexer.walk.scan import scan
from codeassistd.models.errors import CodeassistdError


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "protocol.file.allow=always"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


def make(top: Path, files: dict[str, str] | str) -> Path:
    """Files with their contents, or a list of names in one string."""
    for path, text in (files if isinstance(files, dict) else dict.fromkeys(files.split(), "x")).items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(text)
    return top


def listed(root: Path, **selection: object) -> list[str]:
    return [item.path for item in scan(root, Selection(**selection)) if isinstance(item, FileEntry)]  # type: ignore[arg-type]


def skipped(root: Path, **selection: object) -> dict[str, str]:
    return {item.path: item.reason for item in scan(root, Selection(**selection)) if isinstance(item, Skip)}  # type: ignore[arg-type]


def test_paths_come_in_the_order_of_their_bytes(tmp_path: Path) -> None:
    paths = ["a/b", "a.c", "a0", "a/b.c", "a/b/c", "é/x", "z", "B", "a-b/c", "ab/c"]
    make(tmp_path, dict.fromkeys([path for path in paths if path != "a/b"], ""))
    assert listed(tmp_path) == sorted((path for path in paths if path != "a/b"), key=str.encode)


def test_status_of_a_file(tmp_path: Path) -> None:
    make(tmp_path, {"a/b.py": "12345"})
    status = (tmp_path / "a" / "b.py").stat()
    assert list(scan(tmp_path)) == [
        FileEntry("a/b.py", 5, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    ]


def test_same_rules_without_git(tmp_path: Path) -> None:
    make(
        tmp_path,
        {".gitignore": "*.log\n/out/\n", "sub/.gitignore": "!keep.log\n", "out/a": "", "sub/out/a": ""},
    )
    make(tmp_path, "a.log sub/keep.log sub/a.log sub/deep/keep.log")
    assert listed(tmp_path) == [
        ".gitignore",
        "sub/.gitignore",
        "sub/deep/keep.log",
        "sub/keep.log",
        "sub/out/a",
    ]
    everything = listed(tmp_path, respect_gitignore=False)
    assert {"a.log", "out/a", "sub/a.log"} <= set(everything)


def test_tracked_files_are_listed_though_ignored(tmp_path: Path) -> None:
    make(
        tmp_path,
        {".gitignore": "out/\n*.log\n", "out/deep/tracked": "", "out/other": "", "a.log": "", "b.log": ""},
    )
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-f", "out/deep/tracked", "a.log")
    assert listed(tmp_path) == [".gitignore", "a.log", "out/deep/tracked"]


def test_own_ignore_files_win_over_git(tmp_path: Path) -> None:
    make(
        tmp_path,
        {".gitignore": "generated/\n*.log\n", ".codeassistignore": "!generated/\ntracked.c\nvendor\n"},
    )
    make(tmp_path, "generated/a tracked.c vendor/tracked x/.keep a.log")
    make(
        tmp_path,
        {
            "x/.codeassistignore": "!*.log\n/only-here\n",
            "x/a.log": "",
            "x/only-here": "",
            "x/y/only-here": "",
        },
    )
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-f", "tracked.c", "vendor/tracked")
    assert listed(tmp_path) == [
        ".codeassistignore", ".gitignore", "generated/a", "x/.codeassistignore", "x/.keep", "x/a.log",
        "x/y/only-here",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({"include": ("src/",)}, ["src/a.py", "src/b.c", "src/lib/c.py"]),
        ({"include": ("*.py",)}, ["docs/x.py", "src/a.py", "src/lib/c.py"]),
        ({"include": ("src/**/*.py", "docs"), "exclude": ("lib",)}, ["docs/x.py", "docs/y.md", "src/a.py"]),
        ({"include": ("src/", "!src/lib/")}, ["src/a.py", "src/b.c"]),
        ({"include": ("*.log",)}, []),
        ({"exclude": ("src", "*.md")}, [".gitignore", "docs/x.py"]),
        ({"exclude": ("src", "docs", "!*.log")}, [".gitignore", "a.log"]),
    ],
)
def test_include_and_exclude(
    selection: dict[str, tuple[str, ...]], expected: list[str], tmp_path: Path
) -> None:
    make(tmp_path, {".gitignore": "*.log\n", "a.log": ""})
    make(tmp_path, "src/a.py src/b.c src/lib/c.py docs/x.py docs/y.md")
    assert listed(tmp_path, **selection) == expected


def test_folder_inside_a_repository(tmp_path: Path) -> None:
    make(
        tmp_path,
        {
            ".gitignore": "*.log\n/sub/out\nfar/\n",
            "sub/.gitignore": "/here\n",
            "sub/out/x": "",
            "sub/a.log": "",
        },
    )
    make(tmp_path, "sub/deep/a sub/deep/here sub/here sub/far/x sub/deep/tracked.log sub/deep/out")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-f", "sub/deep/tracked.log")
    assert listed(tmp_path / "sub") == [".gitignore", "deep/a", "deep/here", "deep/out", "deep/tracked.log"]
    assert listed(tmp_path / "sub" / "deep", exclude=("/a",)) == ["here", "out", "tracked.log"]


def test_workspace_that_its_repository_ignores_stands_alone(tmp_path: Path) -> None:
    make(
        tmp_path,
        {".gitignore": "*\n", "project/.gitignore": "*.log\n", "project/src/a": "", "project/a.log": ""},
    )
    git(tmp_path, "init", "-q")
    assert listed(tmp_path / "project") == [".gitignore", "src/a"]


def test_linked_work_tree(tmp_path: Path) -> None:
    main = make(tmp_path / "main", {".gitignore": "*.log\n", "a.py": "", "forced.log": ""})
    git(main, "init", "-q")
    git(main, "add", "-f", ".")
    git(main, "commit", "-qm", "x")
    linked = tmp_path / "linked"
    git(main, "worktree", "add", "-q", str(linked))
    make(linked, "own.log secret-plan b.py")
    (main / ".git" / "info").mkdir(exist_ok=True)
    (main / ".git" / "info" / "exclude").write_text("secret-plan\n")
    assert listed(linked) == [".gitignore", "a.py", "b.py", "forced.log"]


def test_repositories_inside_a_repository_are_left_out(tmp_path: Path) -> None:
    other = make(tmp_path / "other", "x")
    git(other, "init", "-q")
    git(other, "add", ".")
    git(other, "commit", "-qm", "x")
    top = make(tmp_path / "top", "a.py")
    git(top, "init", "-q")
    git(top, "submodule", "add", "-q", str(other), "libs/module")
    git(top, "clone", "-q", str(other), "checkout")
    make(top, {"pretender/.git/HEAD": "no repository", "pretender/x": "", "empty-module/y": ""})
    git(top, "update-index", "--add", "--cacheinfo", f"160000,{'ab' * 20},empty-module")
    assert listed(top) == [".gitmodules", "a.py", "pretender/x"]
    assert skipped(top) == dict.fromkeys(
        ["checkout", "empty-module", "libs/module"], SkipReason.NESTED_REPOSITORY
    )
    assert listed(top / "libs" / "module") == ["x"]


def test_repository_whose_files_the_outer_one_tracks_is_entered(tmp_path: Path) -> None:
    make(tmp_path, {"inner/tracked": "", "inner/other": "", "a": ""})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "inner/tracked")
    git(tmp_path, "init", "-q", "inner")
    assert listed(tmp_path) == ["a", "inner/other", "inner/tracked"]


@pytest.mark.parametrize(
    ("head", "is_repository"),
    [("ref: refs/heads/main\n", True), ("ab" * 20, True), ("nonsense", False), (None, False)],
)
def test_what_makes_a_repository(head: str | None, is_repository: bool, tmp_path: Path) -> None:
    make(tmp_path, "a inner/x")
    git(tmp_path, "init", "-q")
    git(tmp_path, "init", "-q", "inner")
    (tmp_path / "inner" / ".git" / "HEAD").unlink()
    if head is not None:
        (tmp_path / "inner" / ".git" / "HEAD").write_text(head)
    assert listed(tmp_path) == (["a"] if is_repository else ["a", "inner/x"])


def test_links_and_files_in_place_of_git_folders(tmp_path: Path) -> None:
    make(tmp_path, {"broken/.git": "nonsense", "gone/.git": "gitdir: nowhere"})
    make(tmp_path, "broken/x gone/x old/x")
    git(tmp_path, "init", "-q")
    git(tmp_path, "init", "-q", "old")
    (tmp_path / "old" / ".git" / "HEAD").unlink()
    (tmp_path / "old" / ".git" / "HEAD").symlink_to("refs/heads/main")  # as git once wrote it
    assert listed(tmp_path) == ["broken/x", "gone/x"]
    assert skipped(tmp_path) == {"old": "nested_repository"}


def test_repositories_in_a_plain_folder_are_entered(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make(
            tmp_path / name,
            {".gitignore": "*.log\n", "a.py": "", "forced.log": "", "b.log": "", "private": ""},
        )
        git(tmp_path / name, "init", "-q")
        git(tmp_path / name, "add", "-f", "forced.log")
        make(tmp_path / name, {".git/info/exclude": "/private\n"})
    make(tmp_path, {".gitignore": "a.py\n", ".codeassistignore": "two/.gitignore\n"})
    assert listed(tmp_path) == [
        ".codeassistignore", ".gitignore", "one/.gitignore", "one/a.py", "one/forced.log", "two/a.py",
        "two/forced.log",
    ]  # fmt: skip


def test_links_are_never_followed(tmp_path: Path) -> None:
    make(tmp_path / "outside", "x .gitignore-not")
    top = make(tmp_path / "top", "a/file")
    (top / "a" / "loop").symlink_to(top)
    (top / "a" / "self").symlink_to("self")
    (top / "a" / "same").symlink_to("file")
    (top / "a" / "out").symlink_to(tmp_path / "outside")
    (top / "a" / "dangling").symlink_to("nowhere")
    assert listed(top) == ["a/file"]
    assert skipped(top) == dict.fromkeys(
        ["a/dangling", "a/loop", "a/out", "a/same", "a/self"], SkipReason.SYMLINK
    )


def test_root_may_be_a_link(tmp_path: Path) -> None:
    make(tmp_path / "real", "a")
    (tmp_path / "link").symlink_to("real")
    assert listed(tmp_path / "link") == ["a"]


def test_ignore_files_that_are_links_or_folders_do_not_count(tmp_path: Path) -> None:
    make(tmp_path, {"rules": "*.py\n", "a.py": "", "sub/b.py": "", "sub/.gitignore/x": ""})
    (tmp_path / ".gitignore").symlink_to("rules")
    assert listed(tmp_path) == ["a.py", "rules", "sub/.gitignore/x", "sub/b.py"]


def test_neither_files_nor_folders(tmp_path: Path) -> None:
    make(tmp_path, "a")
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / ".gitignore")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "socket"))
        assert skipped(tmp_path) == dict.fromkeys([".gitignore", "pipe", "socket"], SkipReason.NOT_REGULAR)
    assert listed(tmp_path) == ["a"]


def test_odd_names(tmp_path: Path) -> None:
    names = [
        "new\nline",
        "l" * 255,
        "tab\t",
        " lead",
        "trail ",
        "-rf",
        "\\back",
        "quo\"te'",
        "*",
        "é" * 127,
        "\x01",
    ]
    make(tmp_path, dict.fromkeys(names, ""))
    raw = os.fsencode(tmp_path)
    Path(os.fsdecode(raw + b"/b\xff\xfed")).touch()
    Path(os.fsdecode(raw + b"/dir\xe9")).mkdir()
    Path(os.fsdecode(raw + b"/dir\xe9/inner")).touch()
    Path(os.fsdecode(raw + b"/ignored\xe9")).touch()
    (tmp_path / ".gitignore").write_bytes(b"ignored\xe9\n.gitignore\n")
    assert listed(tmp_path) == sorted(names, key=str.encode)
    assert skipped(tmp_path) == dict.fromkeys(["b\\xff\\xfed", "dir\\xe9/inner"], SkipReason.UNDECODABLE_NAME)


def test_size_and_secrets(tmp_path: Path) -> None:
    make(tmp_path, {"small": "1234", "large": "12345", ".env": "x", "id_rsa": "x", ".env.example": "x"})
    make(tmp_path, {"sub/ignored.pem": "x", "sub/.gitignore": "*.pem"})
    assert listed(tmp_path, max_file_bytes=4) == [".env.example", "small"]
    expected = {"large": "too_large", ".env": "secret", "id_rsa": "secret", "sub/.gitignore": "too_large"}
    assert skipped(tmp_path, max_file_bytes=4) == expected
    assert {".env", "id_rsa", "large"} <= set(listed(tmp_path, index_secrets=True))


AS_NOBODY = """
import os, sys
from pathlib import Path
from codeassistd.indexer.walk.scan import scan
if os.geteuid() == 0:
    os.setgroups([])
    os.setuid(65534)
for item in scan(Path(sys.argv[1])):
    print(item.path, getattr(item, "reason", "listed"))
"""


def test_what_may_not_be_read_is_reported(tmp_path: Path) -> None:
    top = make(
        tmp_path / "top", "closed-folder/x closed-file open-file private-ignore/.gitignore private-ignore/x"
    )
    (top / "closed-folder").chmod(0)
    (top / "closed-file").chmod(0)
    (top / "private-ignore" / ".gitignore").chmod(0)
    for folder in [top, *top.parents]:  # a test folder is the user's own; another user has to get there
        if folder.stat().st_uid == os.geteuid() and folder.name and not folder.stat().st_mode & 1:
            folder.chmod(folder.stat().st_mode | 0o111)
    top.chmod(0o755)
    try:
        child = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, top], capture_output=True, text=True, check=True
        )
    finally:
        (top / "closed-folder").chmod(0o755)
    assert child.stdout.splitlines() == [
        "closed-file unreadable",
        "closed-folder unreadable",
        "open-file listed",
        "private-ignore/.gitignore unreadable",
        "private-ignore/x listed",
    ]


@pytest.mark.parametrize("name", ["missing", "file"])
def test_root_that_is_no_folder(name: str, tmp_path: Path) -> None:
    make(tmp_path, "file")
    with pytest.raises(CodeassistdError, match=f"cannot read the folder .*{name}"):
        list(scan(tmp_path / name))


def test_files_that_vanish_meanwhile(tmp_path: Path) -> None:
    make(tmp_path, "a b/x c d/y d/z")
    items = scan(tmp_path)
    assert next(items).path == "a"
    for path in ("b/x", "c", "d/y"):
        (tmp_path / path).unlink()
    (tmp_path / "b").rmdir()
    assert [item.path for item in items] == ["d/z"]


@pytest.fixture
def abyss(tmp_path: Path) -> Iterator[Path]:
    """A folder as deep as the platform's limit on paths, and then some, with a file in every 100th level."""
    top = tmp_path / "abyss"
    top.mkdir()
    start = os.open(".", os.O_RDONLY)
    try:
        os.chdir(top)
        for depth in range(2_500):
            if depth % 100 == 0:
                Path("file").touch()
            Path("d").mkdir()
            os.chdir("d")
    finally:
        os.fchdir(start)
        os.close(start)
    yield top
    subprocess.run(["rm", "-rf", top], check=True)


def test_deep_trees(abyss: Path) -> None:
    items = list(scan(abyss))
    deepest = (4_095 - len(os.fsencode(abyss.resolve())) - len("/file")) // 2
    assert sum(isinstance(item, FileEntry) for item in items) == deepest // 100 + 1
    assert [item.reason for item in items if isinstance(item, Skip)] == [SkipReason.UNREADABLE]


def test_folder_with_many_files(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("".join(f"f{number}\n" for number in range(0, 900, 3)))
    for number in range(900):
        (tmp_path / f"f{number}").touch()
    assert len(listed(tmp_path)) == 601


def test_names_of_git_where_case_is_ignored(tmp_path: Path) -> None:
    make(tmp_path, "Readme.LOG sub/.GIT/x keep")
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "core.ignoreCase", "true")
    make(tmp_path, {".gitignore": "readme.*\n"})
    assert listed(tmp_path) == [".gitignore", "keep"]
    git(tmp_path, "config", "core.ignoreCase", "false")
    assert listed(tmp_path) == [".gitignore", "Readme.LOG", "keep", "sub/.GIT/x"]
