"""`codeassistd models`, with the real command and a hub on loopback."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from codeassistd.daemon.cli.main import run
from codeassistd.models.catalog import DEFAULT_MODEL

from .conftest import REPOSITORY, WEIGHTS
from .hub_server import HubServer

PROGRAM = [sys.executable, "-c", "from codeassistd.daemon.cli.main import main; main()", "models"]
FOLDER = "acme--tiny-embedder"


@pytest.fixture(autouse=True)
def _endpoint(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)


@pytest.fixture
def models_dir() -> Path:
    return Path(os.environ["CODEASSISTD_DATA_DIR"]) / "models"


def _json(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def _listed(capsys: pytest.CaptureFixture[str], name: str) -> dict[str, Any]:
    assert run(["models", "list", "--json"]) == 0
    found: dict[str, Any] = {entry["name"]: entry for entry in _json(capsys)["models"]}[name]
    return found


def test_pull_list_verify_and_remove(
    hub: HubServer, models_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["models", "pull", REPOSITORY]) == 0
    out, err = capsys.readouterr()
    assert out == f"installed {REPOSITORY}, 300 kB, in {models_dir / FOLDER}\n"
    assert f"{REPOSITORY}, revision 0123456789ab\n" in err
    assert "licence: apache-2.0\n4 files, 300 kB\n" in err
    assert "nothing that is installed here can run this model" in err

    asked = len(hub.requests)
    assert run(["models", "pull", REPOSITORY, "--json"]) == 0
    assert _json(capsys)["state"] == "already-installed"
    assert len(hub.requests) == asked

    entry = _listed(capsys, REPOSITORY)
    assert (entry["state"], entry["usable"], entry["licence"]) == ("installed", False, "apache-2.0")
    assert entry["revision"] == hub.commit
    assert entry["installed_bytes"] > len(WEIGHTS)

    assert run(["models", "verify", "-q"]) == 0
    assert capsys.readouterr().out == f"{DEFAULT_MODEL}: ok\n{REPOSITORY}: ok\n"

    assert run(["models", "remove", REPOSITORY.upper()]) == 0
    assert capsys.readouterr().out.startswith(f"removed {REPOSITORY}: 301 kB freed")
    assert not (models_dir / FOLDER).exists()
    assert run(["models", "remove", REPOSITORY]) == 1
    assert f"error: {REPOSITORY} is not installed" in capsys.readouterr().err


def test_a_model_is_pulled_by_its_short_name(hub: HubServer, capsys: pytest.CaptureFixture[str]) -> None:
    hub.repositories["nomic-ai/CodeRankEmbed"] = hub.repositories[REPOSITORY]
    assert run(["models", "pull", "coderankembed", "--json"]) == 0
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert (document["name"], document["repository"]) == ("CodeRankEmbed", "nomic-ai/CodeRankEmbed")
    assert {file["path"] for file in document["files"]} >= {"model.safetensors", "config.json"}
    assert "warning: the licence of CodeRankEmbed was MIT when it was listed here" in err
    assert _listed(capsys, "CodeRankEmbed")["state"] == "installed"
    assert run(["models", "verify", "nomic-ai/CodeRankEmbed", "-q"]) == 0


def test_the_list_shows_what_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "list"]) == 0
    out = capsys.readouterr().out
    assert f"  {DEFAULT_MODEL} " in out
    assert "built in " in out
    usable = importlib.util.find_spec("mlx") is not None
    assert ("not installed, not usable here" in out) is not usable
    for role in ("embedding", "reranking", "generation"):
        assert f"{role}\n" in out
    assert not Path(os.environ["CODEASSISTD_DATA_DIR"]).exists()


def test_what_is_built_in_is_not_pulled_nor_removed(
    hub: HubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["models", "pull", DEFAULT_MODEL, "--json"]) == 0
    assert _json(capsys)["state"] == "built-in"
    assert hub.requests == []
    assert run(["models", "remove", DEFAULT_MODEL]) == 2
    assert "comes with codeassistd and stays" in capsys.readouterr().err


def test_one_wrong_name_removes_nothing(models_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "pull", REPOSITORY, "-q"]) == 0
    assert run(["models", "remove", REPOSITORY, "CodeRankEmbed"]) == 1
    assert (models_dir / FOLDER).is_dir()


@pytest.mark.parametrize(
    ("arguments", "status", "error", "hint"),
    [
        (["pull", "coderank"], 2, "there is no model named 'coderank'", "did you mean CodeRankEmbed?"),
        (["pull", "acme/none"], 1, "has no public model acme/none", "check the name"),
        (["pull", REPOSITORY, "--revision", "../x"], 2, "'../x' is no branch", "leave --revision out"),
        (["pull", REPOSITORY, "--file", "*.gguf"], 2, "has no weights that match *.gguf", "there are model"),
        (
            ["pull", "CodeRankEmbed", "--file", "*"],
            2,
            "CodeRankEmbed has its own choice",
            "for another: pull",
        ),
        (
            ["remove", "nonsense-name"],
            2,
            "there is no model named 'nonsense-name'",
            "`codeassistd models list`",
        ),
        (["verify", "CodeRankEmbed"], 1, "CodeRankEmbed is not installed", "codeassistd models pull Code"),
        (["pull"], 2, "missing argument", "see `codeassistd models pull --help`"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_the_way_out(
    capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, error: str, hint: str
) -> None:
    assert run(["models", *arguments]) == status
    out, err = capsys.readouterr()
    assert out == ""
    said, way_out = err.removesuffix("\n").split("\n")
    assert said.startswith("error: ")
    assert error in said
    assert way_out.startswith(f"  {hint}")


@pytest.mark.parametrize("how", ["environment", "setting"])
def test_offline_nothing_is_asked(
    hub: HubServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    assert run(["models", "pull", REPOSITORY, "-q"]) == 0
    asked = len(hub.requests)
    options = ["--set", "hub.offline=true"] if how == "setting" else []
    if how == "environment":
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    capsys.readouterr()
    assert run(["models", "pull", "CodeRankEmbed", *options]) == 1
    assert "error: models can't be pulled: " in capsys.readouterr().err
    assert run(["models", "pull", REPOSITORY, *options]) == 0
    assert run(["models", "list", *options]) == 0
    assert len(hub.requests) == asked


def test_the_setting_names_the_hub(
    hub: HubServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
    Path(os.environ["CODEASSISTD_CONFIG"]).write_text(f'[hub]\nendpoint = "{hub.endpoint}"\n')
    assert run(["models", "pull", REPOSITORY, "-q"]) == 0
    Path(os.environ["CODEASSISTD_CONFIG"]).write_text('[hub]\nendpoint = "hub.example"\n')
    assert run(["models", "pull", "CodeRankEmbed"]) == 2
    assert "hub.endpoint must be an http or https URL, or empty" in capsys.readouterr().err


def test_damage_is_reported_and_mended(models_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "pull", REPOSITORY, "-q"]) == 0
    (models_dir / FOLDER / "vocab.txt").write_bytes(b"a\nB\n")
    capsys.readouterr()
    assert run(["models", "verify", REPOSITORY, "--json"]) == 1
    (found,) = _json(capsys)["models"]
    assert not found["ok"]
    assert found["faults"][0].startswith("vocab.txt is altered: ")
    assert run(["models", "pull", REPOSITORY, "-q", "--force"]) == 0
    assert run(["models", "verify", REPOSITORY]) == 0


def test_a_model_without_a_licence_is_warned_of(hub: HubServer, capsys: pytest.CaptureFixture[str]) -> None:
    hub.cards[REPOSITORY] = {}
    assert run(["models", "pull", REPOSITORY, "-q"]) == 0
    assert "warning: acme/tiny-embedder declares no licence" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_a_part_that_the_next_pull_goes_on_from(
    hub: HubServer, models_dir: Path, capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    hub.fault("model.safetensors").pause = [30.0]
    process = subprocess.Popen([*PROGRAM, "pull", REPOSITORY], stderr=subprocess.PIPE, text=True)
    try:
        assert hub.reached.wait(60)
        part = next((models_dir / ".staging" / FOLDER / "parts").glob("*.part"))
        while part.stat().st_size < len(WEIGHTS) // 2:
            assert process.poll() is None
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 128 + number
    assert "Traceback" not in err
    assert err.endswith("what was received is kept; the same command goes on from there\nwarning: stopped\n")
    assert not (models_dir / FOLDER).exists()
    entry = _listed(capsys, REPOSITORY)
    assert (entry["state"], entry["installed_bytes"]) == ("unfinished", None)
    assert entry["unfinished_bytes"] > len(WEIGHTS) // 2
    assert run(["models", "pull", REPOSITORY]) == 0
    assert "are here already" in capsys.readouterr().err
    assert hub.asked_for("model.safetensors")[1].startswith("bytes=")


def test_killing_it_leaves_no_model(hub: HubServer, models_dir: Path) -> None:
    hub.fault("model.safetensors").pause = [30.0]
    process = subprocess.Popen([*PROGRAM, "pull", REPOSITORY], stderr=subprocess.DEVNULL)
    try:
        assert hub.reached.wait(60)
    finally:
        process.kill()
        process.wait()
    assert not (models_dir / FOLDER).exists()
    assert run(["models", "pull", REPOSITORY, "-q"]) == 0
    assert run(["models", "verify", REPOSITORY, "-q"]) == 0
