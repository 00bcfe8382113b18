from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from codeassistd import __version__
from codeassistd.daemon.cli import main as main_module
from codeassistd.daemon.cli.main import cli, run
from codeassistd.daemon.cli.options import ExampleCommand

HELP = Path(__file__).parent / "help.txt"
REFRESH = "REFRESH_HELP"
HEAVY = {
    "httpx2",
    "lancedb",
    "numpy",
    "openvino",
    "pyarrow",
    "pygls",
    "pygments",
    "rich",
    "tokenizers",
    "torch",
    "transformers",
    "tree_sitter",
    "tree_sitter_language_pack",
}


def _commands(group: click.Group = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        yield " ".join((*path, name)), command
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))


COMMANDS = dict(_commands())


def test_help_is_as_recorded(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    pages = []
    for name in ("", *COMMANDS):
        arguments = [*name.split(), "--help"]
        assert run(arguments) == 0
        pages.append(f"$ codeassistd {' '.join(arguments)}\n{capsys.readouterr().out}")
    recorded = "\n".join(pages)
    if os.environ.get(REFRESH):
        HELP.write_text(recorded, encoding="utf-8")
    assert HELP.read_text(encoding="utf-8") == recorded, f"run this test with {REFRESH}=1 and review help.txt"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts[0]} has no help"
    if not isinstance(command, click.Group):
        assert isinstance(command, ExampleCommand)
        assert any(f"codeassistd {name}" in line for line, _ in command.examples)


@pytest.mark.parametrize("name", COMMANDS)
def test_shared_options_stand_before_and_after_the_command(name: str) -> None:
    for options in (cli.params, COMMANDS[name].params):
        names = {option for parameter in options for option in parameter.opts}
        assert {"--workspace", "--set", "--color", "--verbose", "--debug"} <= names


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_goes_to_standard_output(capsys: pytest.CaptureFixture[str], option: str) -> None:
    assert run([option]) == 0
    assert capsys.readouterr().out.startswith("Usage: codeassistd")


def test_no_command_is_wrong_usage_with_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Usage: codeassistd")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"codeassistd {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["serch", "x"], "no such command: serch", "did you mean `codeassistd search`?"),
        (["frobnicate"], "no such command: frobnicate", "`codeassistd --help` lists them"),
        (["index", "--fulll"], "no such option '--fulll'", "see `codeassistd index --help`"),
        (["index", "a", "b"], "got unexpected extra argument (b)", "see `codeassistd index --help`"),
        (["index", "no/such"], "no such folder: ", "check the path"),
        (["index", "file.txt"], "file.txt is a file, not a folder", "name the folder that holds it: "),
        (["--workspace", "no/such", "search", "x"], "no such folder: ", "check the path"),
        (["index", ".", "--workspace", "sub"], "both PATH and --workspace are given", "give one of them"),
        (["search"], "no query is given", "for instance: "),
        (["search", "a", "--batch", "b"], "give either a query or --batch, not both", "for instance: "),
        (["search", ""], "the query is empty", "say what to look for"),
        (["search", "x" * 100_000], "the query is 100,000 characters long", "shorten it"),
        (["search", "?!"], "the query '?!' has no word in it", "use at least one letter or digit"),
        (["search", "a", "-k", "0"], "invalid value for '-k' / '--limit': 0 is not in the range", "see "),
        (
            ["search", "a", "-k", "1001"],
            "invalid value for '-k' / '--limit': 1001 is not in the range",
            "see ",
        ),
        (["search", "a", "-k", "ten"], "invalid value for '-k' / '--limit': 'ten' is not", "see "),
        (["search", "a", "--mode", "x"], "invalid value for '--mode': 'x' is not one of 'hybrid'", "see "),
        (["search", "a", "-l", "klingon"], "unknown language: 'klingon'", "did you mean kotlin? known: "),
        (["search", "a", "--kind", "xyz"], "unknown kind: 'xyz'", "known: block, class"),
        (["search", "a", "-p", "../b"], "path pattern '../b' leads out of the workspace", "patterns are"),
        (
            ["search", "a", "--set", "limit=3"],
            "--set limit=3: there is no setting limit",
            "did you mean search.",
        ),
        (["similar", "file.txt"], "'file.txt' is not PATH:LINE or PATH:LINE-LINE", "for instance "),
        (["similar", "file.txt:0"], "'file.txt:0' is no range of lines", "lines count from 1"),
        (["similar", "file.txt:5-2"], "'file.txt:5-2' is no range of lines", "lines count from 1"),
        (["similar", "no.txt:1"], "no such file: no.txt", "name a file of the workspace"),
        (
            ["similar", "../outside.txt:1"],
            "../outside.txt is not in the workspace",
            "name its workspace with",
        ),
        (["embed"], "no text is given", "for instance: "),
        (["embed", "a", " "], "text 2 is empty", "leave it out"),
        (["embed", "a", "--kind", "x"], "invalid value for '--kind': 'x' is not one of 'query'", "see "),
    ],
)
def test_wrong_usage_is_one_line_with_the_way_out(
    workspace: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], error: str, hint: str
) -> None:
    (workspace / "file.txt").write_text("text\n")
    (workspace / "sub").mkdir()
    (workspace.parent / "outside.txt").write_text("text\n")
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    said, way_out = err.removesuffix("\n").split("\n")
    assert said.startswith("error: ")
    assert error in said
    assert way_out.startswith(f"  {hint}")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["search", "--batch", "missing.jsonl"], "cannot read missing.jsonl: No such file or directory"),
        (["config", "check", "missing.toml"], "missing.toml: cannot be read: No such file or directory"),
        (["search", "a", "--no-refresh"], "there is no index of "),
    ],
)
def test_what_fails_is_said_in_one_line(
    workspace: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], error: str
) -> None:
    assert run(arguments) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"error: {error}")
    assert len(err.removesuffix("\n").split("\n")) == 2


@pytest.mark.parametrize("arguments", [["status"], ["index"], ["search", "x"], ["config", "show"]])
def test_wrong_settings_stop_a_command_before_it_does_anything(
    workspace: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    (workspace / "codeassistd.toml").write_text("[index]\nmax_files = 3\n")
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        f"error: {workspace / 'codeassistd.toml'}:2: there is no setting index.max_files\n"
        "  did you mean index.max_file_bytes?\n"
    )
    assert not Path(os.environ["CODEASSISTD_DATA_DIR"]).exists()


def test_home_and_the_root_are_refused(
    workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(workspace))
    monkeypatch.setenv("USERPROFILE", str(workspace))
    for arguments in (["index"], ["index", workspace.anchor], ["search", "x"]):
        assert run(arguments) == 2
        assert "--force` to index it all the same" in capsys.readouterr().err
    assert run(["status"]) == 0
    assert "not indexed yet" in capsys.readouterr().out
    assert not Path(os.environ["CODEASSISTD_DATA_DIR"]).exists()


def test_an_unexpected_error_is_one_line_and_debug_shows_where(
    workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> int:
        raise ZeroDivisionError("first line\nsecond line")

    monkeypatch.setattr(main_module, "_dispatch", broken)
    assert run(["status"]) == 1
    assert capsys.readouterr().err == (
        "error: unexpected error: ZeroDivisionError: first line\n"
        "  run again with --debug to see where; please report it\n"
    )


def test_debug_shows_the_traceback(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--debug", "index", "no/such"]) == 2
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "error: no such folder" in err


def test_a_data_directory_that_is_a_file_is_an_error(
    workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "data").write_text("")
    monkeypatch.setenv("CODEASSISTD_DATA_DIR", str(workspace / "data"))
    assert run(["index", "-q"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert str(workspace / "data") in err
    assert "unexpected" not in err


def test_a_reader_that_goes_away_is_no_error(workspace: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as pipe:
        done = subprocess.run(
            [sys.executable, "-c", "from codeassistd.daemon.cli.main import main; main()", "config", "show"],
            stdout=pipe,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    assert done.returncode == 0
    assert b"rror" not in done.stderr
    assert b"Traceback" not in done.stderr


def test_help_and_light_commands_import_nothing_heavy(workspace: Path) -> None:
    script = (
        "import sys; from codeassistd.daemon.cli.main import run; "
        "assert run(['--help']) == 0; assert run(['search', '--help']) == 0; assert run(['search']) == 2; "
        "assert run(['config', 'show']) == 0; print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    imported = {name.partition(".")[0] for name in done.stderr.split()}
    assert "codeassistd" in imported
    assert imported & HEAVY == set()


@pytest.mark.skipif(os.name == "nt", reason="shells on Windows can't close a stream")
@pytest.mark.parametrize(
    ("command", "status", "out"),
    [
        ("config show --json >&-", 0, ""),
        ("config show --json 2>&-", 0, "{"),
        ("index --no-such-option 2>&-", 2, ""),
        ("search - <&-", 2, ""),
        ("embed - <&- >&- 2>&-", 2, ""),
    ],
)
def test_closed_streams_are_as_good_as_empty_ones(
    workspace: Path, command: str, status: int, out: str
) -> None:
    line = f"'{sys.executable}' -c 'from codeassistd.daemon.cli.main import main; main()' {command}"
    done = subprocess.run(line, shell=True, cwd=workspace, capture_output=True, text=True, check=False)  # noqa: S602
    assert (done.returncode, done.stdout[:1]) == (status, out)
    assert "unexpected" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="such names are impossible on Windows")
def test_a_folder_with_escapes_in_its_name_commands_no_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "evil\x1b[2Jname"
    root.mkdir()
    for command in ("status", "doctor", "index", "search"):
        run([command, "--workspace", str(root), *(["x"] if command == "search" else [])])
    (root / "codeassistd.toml").write_text('[index]\nexclude = ["\\u001b[2J"]\n')
    for command in ("show", "check"):
        run(["config", command, "--workspace", str(root)])
    out, err = capfd.readouterr()
    assert "\x1b" not in out + err


def test_a_data_directory_in_an_unknown_home_is_refused(
    workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEASSISTD_DATA_DIR", "~no-such-user/data")
    assert run(["status"]) == 1
    assert "home folder that is unknown" in capsys.readouterr().err
    assert list(workspace.iterdir()) == [workspace / ".git"]
