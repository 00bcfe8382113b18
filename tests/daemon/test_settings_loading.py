from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from codeassistd.daemon.settings import RULES, Settings
from codeassistd.daemon.settings_loading import (
    SettingsError,
    data_dir,
    describe_settings,
    load_settings,
    read_settings,
    user_file,
)
from codeassistd.models.errors import CodeassistdError


def test_each_layer_wins_over_the_one_below(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    root = tmp_path / "project"
    root.mkdir()
    environ = {"CODEASSISTD_CONFIG": str(own)}
    own.write_text("")
    layers: list[tuple[int, str]] = [(load_settings(root, environ=environ).index.max_file_bytes, "default")]
    own.write_text("[index]\nmax_file_bytes = 2\n")
    layers.append((load_settings(root, environ=environ).index.max_file_bytes, "user"))
    (root / "codeassistd.toml").write_text("[index]\nmax_file_bytes = 3\n")
    layers.append((load_settings(root, environ=environ).index.max_file_bytes, "workspace"))
    environ["CODEASSISTD_INDEX_MAX_FILE_BYTES"] = "4"
    layers.append((load_settings(root, environ=environ).index.max_file_bytes, "environment"))
    overridden = load_settings(root, ["index.max_file_bytes=5"], environ)
    layers.append((overridden.index.max_file_bytes, "command line"))
    assert layers == [
        (1_000_000, "default"),
        (2, "user"),
        (3, "workspace"),
        (4, "environment"),
        (5, "command line"),
    ]
    assert overridden.source("index.max_file_bytes") == "--set index.max_file_bytes"
    assert overridden.source("search.limit") == "default"


def test_problems_of_all_layers_are_found_and_the_first_is_raised(
    workspace: Path, user_settings: Path
) -> None:
    user_settings.write_text("[search]\nlimit = 0\n")
    (workspace / "codeassistd.toml").write_text('[model]\nengine = "torch"\n[index]\nmax_line_length = 200\n')
    loaded = read_settings(workspace)
    assert [problem.message.split(": ")[1].split(" ")[0] for problem in loaded.problems] == [
        "search.limit",
        "model.engine",
    ]
    assert loaded.settings.index.max_line_length == 200
    with pytest.raises(SettingsError, match=r"search\.limit .*\(and 1 more: `codeassistd config check`\)"):
        load_settings(workspace)


def test_a_settings_file_named_but_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CodeassistdError, match="cannot be read: No such file"):
        load_settings(None, environ={"CODEASSISTD_CONFIG": str(tmp_path / "none.toml")})


def test_folders_follow_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert data_dir({"CODEASSISTD_DATA_DIR": "data"}) == tmp_path / "data"
    assert user_file({"CODEASSISTD_CONFIG": "c.toml"}) == tmp_path / "c.toml"
    assert data_dir({}).name == "codeassistd"
    assert user_file({}).parts[-2:] == ("codeassistd", "config.toml")


def test_settings_are_frozen_and_every_default_obeys_its_rule() -> None:
    settings = Settings()
    with pytest.raises(FrozenInstanceError):
        settings.search.limit = 3  # type: ignore[misc]
    for key, rule in RULES.items():
        value = settings.value(key)
        assert rule.check(list(value) if isinstance(value, tuple) else value) == value
        assert rule.description


def test_every_setting_is_described_with_value_and_source(workspace: Path) -> None:
    (workspace / "codeassistd.toml").write_text('[index]\nexclude = ["gen/"]\n')
    rows = {row["key"]: row for row in describe_settings(load_settings(workspace))}
    assert list(rows) == list(RULES)
    assert rows["index.exclude"] == {
        "key": "index.exclude",
        "value": ["gen/"],
        "source": f"{workspace / 'codeassistd.toml'}:2",
        "allowed": 'a list of glob patterns, for instance ["*.py", "docs/"]',
        "description": "Leave out what matches one of these gitignore-style patterns",
    }
