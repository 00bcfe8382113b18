from __future__ import annotations

import json
from pathlib import Path

import pytest

from codeassistd.daemon.cli.main import run


def test_show_names_every_source(
    workspace: Path, user_settings: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    user_settings.write_text("[search]\nlimit = 7\n")
    (workspace / "codeassistd.toml").write_text('[index]\nexclude = ["gen/"]\n')
    monkeypatch.setenv("CODEASSISTD_SEARCH_MODE", "keyword")
    assert run(["config", "show", "--set", "model.threads=2"]) == 0
    out, err = capsys.readouterr()
    rows = {line.split(" = ")[0].strip(): " ".join(line.split(" = ")[1].split()) for line in out.splitlines()}
    assert rows["search.limit"] == f"7 # {user_settings}:2"
    assert rows["index.exclude"] == f'["gen/"] # {workspace / "codeassistd.toml"}:2'
    assert rows["search.mode"] == '"keyword" # CODEASSISTD_SEARCH_MODE'
    assert rows["model.threads"] == "2 # --set model.threads"
    assert rows["index.max_file_bytes"] == "1_000_000 # default"
    assert rows["index.respect_gitignore"] == "true # default"
    assert rows["search.refresh_seconds"] == "3.0 # default"
    assert f"your settings file: {user_settings}\n" in err


def test_show_as_json(workspace: Path, user_settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "show", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["workspace"] == str(workspace)
    assert shown["user_file"] == str(user_settings)
    assert shown["files"] == [str(user_settings)]
    by_key = {row["key"]: row for row in shown["settings"]}
    assert by_key["search.limit"]["value"] == 10
    assert by_key["search.limit"]["source"] == "default"
    assert by_key["search.limit"]["allowed"] == "a whole number from 1 to 1,000"


def test_check_says_everything_that_is_wrong(
    workspace: Path, user_settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    user_settings.write_text("[search]\nlimit = 0\n")
    (workspace / "codeassistd.toml").write_text('[model]\nengine = "torch"\n')
    assert run(["config", "check"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        f"error: {user_settings}:2: search.limit must be a whole number from 1 to 1,000; it is 0\n"
        "  correct it, or remove it to use the default\n"
        f"error: {workspace / 'codeassistd.toml'}:2: model.engine may not be set by a workspace\n"
        f"  set it in {user_settings} instead\n"
    )


def test_check_of_what_is_right(
    workspace: Path, user_settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["config", "check"]) == 0
    assert capsys.readouterr().out == f"ok: {user_settings}\n"


@pytest.mark.parametrize(("name", "status"), [("codeassistd.toml", 1), ("mine.toml", 0)])
def test_a_file_is_checked_as_what_its_name_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, status: int
) -> None:
    file = tmp_path / name
    file.write_text("[search]\nlimit = 5\n")
    assert run(["config", "check", str(file)]) == status
    assert ("may not be set by a workspace" in capsys.readouterr().err) is bool(status)


def test_settings_can_be_shown_where_there_is_no_workspace(
    user_settings: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(user_settings.anchor))
    assert run(["config", "show", "--json"]) == 0
    assert run(["config", "show", "--workspace", "no/such"]) == 2
