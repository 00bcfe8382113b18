from __future__ import annotations

import json
from pathlib import Path

import pytest

from codeassistd.daemon.cli.main import run
from codeassistd.daemon.doctor import Check, worst


def _checks(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, str]]:
    return {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}


@pytest.mark.parametrize(
    ("levels", "level"),
    [([], "ok"), (["ok", "ok"], "ok"), (["ok", "warn"], "warn"), (["warn", "fail", "ok"], "fail")],
)
def test_the_worst_finding_is_the_verdict(levels: list[str], level: str) -> None:
    assert worst([Check("", each, "") for each in levels]) == level  # type: ignore[arg-type]


def test_a_sound_installation(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--json"]) == 0
    checks = _checks(capsys)
    assert list(checks) == [
        "installation",
        "settings",
        "data directory",
        "model files",
        "engine",
        "grammars",
        "workspace",
        "git",
        "index",
        "daemon",
        "watching",
    ]
    levels = {name: check["level"] for name, check in checks.items()}
    assert levels.pop("index") == "warn"
    assert set(levels.values()) == {"ok"}, checks
    assert "SHA-256 as published" in checks["model files"]["message"]
    assert checks["index"]["remedy"] == "run `codeassistd index`"
    assert checks["workspace"]["message"] == str(workspace)


def test_findings_for_people(
    workspace: Path, user_settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    user_settings.write_text("[search]\nlimit = 0\n")
    assert run(["doctor", "--color", "always"]) == 1
    out = capsys.readouterr().out
    assert f"\x1b[1;31mfail\x1b[0m  settings        {user_settings}:2: search.limit must be" in out
    assert "                      -> correct it" in out
    assert "\x1b[32mok  \x1b[0m  installation" in out


def test_settings_that_cannot_be_read_at_all_are_a_finding(
    workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEASSISTD_CONFIG", str(workspace / "none.toml"))
    assert run(["doctor", "--json"]) == 1
    assert "none.toml: cannot be read" in _checks(capsys)["settings"]["message"]


def test_a_data_directory_that_cannot_be_written_is_a_finding(
    workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "file").write_text("")
    monkeypatch.setenv("CODEASSISTD_DATA_DIR", str(workspace / "file"))
    assert run(["doctor", "--json"]) == 1
    check = _checks(capsys)["data directory"]
    assert check["level"] == "fail"
    assert "CODEASSISTD_DATA_DIR" in check["remedy"]


def test_where_there_is_no_workspace_the_rest_is_checked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(Path.cwd().anchor))
    assert run(["doctor", "--json"]) == 0
    checks = _checks(capsys)
    assert checks["workspace"]["level"] == checks["index"]["level"] == "warn"
    assert checks["engine"]["level"] == "ok"
    assert all(check["remedy"] for check in checks.values() if check["level"] != "ok")
