from __future__ import annotations

import os
from pathlib import Path

import pytest

from codeassistd.models.hardware import probe, usable_cores


def test_this_machine_has_what_the_tests_run_on() -> None:
    machine = probe()
    assert 1 <= machine.cores <= (os.cpu_count() or 1)
    assert machine.torch
    assert machine.machine == machine.machine.lower()


@pytest.mark.parametrize(
    ("quota", "cores"), [("50000 100000", 1), ("100000 100000", 1), ("max 100000", None), ("damaged", None)]
)
def test_a_container_quota_limits_the_cores(tmp_path: Path, quota: str, cores: int | None) -> None:
    (tmp_path / "cpu.max").write_text(f"{quota}\n")
    assert usable_cores(tmp_path) == (cores or usable_cores(tmp_path / "none"))


@pytest.mark.parametrize("hidden", ["", "-1"])
def test_gpus_hidden_by_the_environment_are_not_there(hidden: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert not probe().cuda
