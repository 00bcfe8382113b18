"""`codeassistd models bench` with every engine that is here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from codeassistd.daemon.cli.main import run

from ..models import folder_models


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.txt"
    path.write_text("def add(a, b): return a + b\n\nx = 1\n")
    return path


def test_every_engine_is_measured_against_torch(texts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("mlx.core", reason="MLX is not installed")
    arguments = ["models", "bench", "--texts", str(texts), "--seconds", "0.1", "--json", "--quiet"]
    assert run([*arguments, "--set", "model.precision=float"]) == 0
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert err == ""
    assert document["model"].startswith("all-MiniLM-L6-v2-")
    engines = {entry["engine"]: entry for entry in document["engines"]}
    assert list(engines) == ["torch float32", "mlx", "openvino", "torch"]
    assert engines["torch float32"]["cosine_min"] is None
    for name in ("mlx", "openvino", "torch"):
        assert engines[name]["ok"]
        assert engines[name]["cosine_min"] >= 0.999
        assert engines[name]["compared_texts"] == 2
        assert engines[name]["texts_per_second"] > 0
        assert engines[name]["memory_bytes"] > 50_000_000


def test_the_table_has_a_line_for_each_engine(
    texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_models.qwen3(tmp_path / "qwen")
    arguments = ["models", "bench", "--texts", str(texts), "--seconds", "0.1"]
    assert run([*arguments, "--set", f"model.name={folder}"]) == 0
    out, err = capsys.readouterr()
    head, exact, mlx, fast = out.splitlines()
    assert head.split()[:2] == ["first", "vector"]
    assert exact.startswith("torch, float32")
    assert "reference" in exact
    assert mlx.startswith("MLX, ")
    assert fast.startswith("torch, ")
    assert "2 texts; model.engine chooses an engine" in err


def test_engines_that_fail_say_why(texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = folder_models.bert(tmp_path / "bert")
    with (folder / "model.safetensors").open("r+b") as file:
        file.truncate(100)
    arguments = ["models", "bench", "--texts", str(texts), "--seconds", "0.1", "--quiet"]
    assert run([*arguments, "--set", f"model.name={folder}"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert {line.partition(" failed: ")[0] for line in lines} >= {"torch float32", "openvino", "torch"}
    assert all("not a safetensors file" in line for line in lines)


def test_texts_that_are_none_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_text("\n \n")
    assert run(["models", "bench", "--texts", str(empty)]) == 2
    assert "holds no text" in capsys.readouterr().err
    assert run(["models", "bench", "--texts", str(tmp_path / "none.txt")]) == 2
    assert run(["models", "bench", "--set", "model.name=all-MinLM", "--texts", str(empty)]) == 2


def test_the_sample_is_code(capsys: pytest.CaptureFixture[str]) -> None:
    from codeassistd.daemon.cli.models_bench_command import _sample

    texts = _sample()
    assert len(texts) == 500
    assert any("def " in text for text in texts)
