"""Git's configuration, as far as it decides what is ignored."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from codeassistd.indexer.walk.git_config import load_git_settings, parse_git_config


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[core]\n\texcludesFile = ~/x\n", [("core.excludesfile", "~/x")]),
        ("[CORE] ignoreCase", [("core.ignorecase", "true")]),
        ("[core]a=1\nB =2 ; note\n", [("core.a", "1"), ("core.b", "2")]),
        ('[core]\na = " x # y " z  # note', [("core.a", " x # y  z")]),
        ("[core]\na = one \\\n two", [("core.a", "one  two")]),
        ('[core]\na = \\"q\\" \\t\\\\', [("core.a", '"q" \t\\')]),
        ('[include "gitdir:~/x"]\npath = y', [("include.gitdir:~/x.path", "y")]),
        ('[a "b\\"c"]\nd', [('a.b"c.d', "true")]),
        ("\ufeff# note\r\n[a]\r\nb = c\r\n", [("a.b", "c")]),
        ("[a]\nb =\n", [("a.b", "")]),
        ("b = c", []),
        ("[a]\nb = c\n!!!\nd = e", [("a.b", "c")]),
        ("[a\nb = c", []),
    ],
)
def test_parse(text: str, expected: list[tuple[str, str]]) -> None:
    assert list(parse_git_config(text)) == expected


@pytest.mark.parametrize(
    "value",
    ["~/x y", '"quoted # name"', "a\\\\b", "tail   ; note", '"a" b "c"', "one \\\n  two", "\\tx", '""', "é"],
)
def test_reads_values_as_git_does(value: str, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(f"[core]\n\texcludesFile = {value}\n")
    git = subprocess.run(
        ["git", "config", "--file", config, "core.excludesFile"], check=True, capture_output=True, text=True
    )
    assert list(parse_git_config(config.read_text())) == [
        ("core.excludesfile", git.stdout.removesuffix("\n"))
    ]


def excludes_file(home: Path, repository_config: Path | None = None, **environ: str) -> Path | None:
    environ = {"HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1", **environ}
    return load_git_settings(home / "top", repository_config, None, environ).excludes_file


def test_where_the_excludes_file_is(tmp_path: Path) -> None:
    assert excludes_file(tmp_path) == tmp_path / ".config" / "git" / "ignore"
    xdg = tmp_path / "xdg"
    assert excludes_file(tmp_path, XDG_CONFIG_HOME=str(xdg)) == xdg / "git" / "ignore"

    (xdg / "git").mkdir(parents=True)
    (xdg / "git" / "config").write_text("[core]\nexcludesFile = ~/from-xdg\n")
    assert excludes_file(tmp_path, XDG_CONFIG_HOME=str(xdg)) == tmp_path / "from-xdg"

    (tmp_path / ".gitconfig").write_text("[core]\nexcludesFile = /from/home\n")
    assert excludes_file(tmp_path, XDG_CONFIG_HOME=str(xdg)) == Path("/from/home")

    (tmp_path / "other").write_text("[core]\nexcludesFile = ~\n")
    assert excludes_file(tmp_path, GIT_CONFIG_GLOBAL=str(tmp_path / "other")) == tmp_path

    local = tmp_path / "config"
    local.write_text("[core]\nexcludesFile = in-top\n")
    assert excludes_file(tmp_path, local) == tmp_path / "top" / "in-top"
    local.write_text("[core]\nexcludesFile =\n")
    assert excludes_file(tmp_path, local) is None


def test_unknown_user_is_no_error(tmp_path: Path) -> None:
    (tmp_path / ".gitconfig").write_text("[core]\nexcludesFile = ~no-such-user/x\n")
    assert excludes_file(tmp_path) == tmp_path / "top" / "~no-such-user" / "x"


def test_included_files(tmp_path: Path) -> None:
    (tmp_path / ".gitconfig").write_text("[core]\nexcludesFile = a\n[include]\npath = more\npath =\n")
    (tmp_path / "more").write_text("[core]\nexcludesFile = /b\n[include]\npath = .gitconfig\n")  # a circle
    assert excludes_file(tmp_path) in (tmp_path / "top" / "a", Path("/b"))
    (tmp_path / "more").write_text("[core]\nexcludesFile = /b\n")
    assert excludes_file(tmp_path) == Path("/b")


def test_settings_of_the_work_tree_need_the_extension(tmp_path: Path) -> None:
    config, worktree = tmp_path / "config", tmp_path / "config.worktree"
    worktree.write_text("[core]\nignoreCase = yes\n")
    config.write_text("[extensions]\nobjectFormat = sha256\n")
    settings = load_git_settings(tmp_path, config, worktree, {"HOME": str(tmp_path)})
    assert (settings.ignore_case, settings.sha256) == (False, True)
    config.write_text("[extensions]\nworktreeConfig = 1\n")
    settings = load_git_settings(tmp_path, config, worktree, {"HOME": str(tmp_path)})
    assert (settings.ignore_case, settings.sha256) == (True, False)


def test_a_fifo_for_a_configuration_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".gitconfig")
    assert excludes_file(tmp_path) == tmp_path / ".config" / "git" / "ignore"
