from __future__ import annotations

import os
from pathlib import Path

import pytest

from codeassistd.models.hardware import has_vnni, probe, torch_built_for_cuda, usable_cores


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


@pytest.mark.parametrize(
    ("version", "built"),
    [
        ("cuda: Optional[str] = None\n", False),
        ("debug = False\ncuda: Optional[str] = '12.6'\n", True),
        ("cuda = '11.8'\n", True),
        ("cuda_note = '1'\n", False),
    ],
)
def test_the_build_of_torch_is_read_without_importing_it(tmp_path: Path, version: str, built: bool) -> None:
    (tmp_path / "version.py").write_text(version)
    assert torch_built_for_cuda(tmp_path) is built


def test_the_build_of_the_installed_torch_is_told_right(tmp_path: Path) -> None:
    import torch

    assert torch_built_for_cuda() is (torch.version.cuda is not None)
    assert not torch_built_for_cuda(tmp_path)


@pytest.mark.parametrize(
    ("cpuinfo", "present"),
    [
        ("processor\t: 0\nflags\t\t: fpu avx512f avx512_vnni\n", True),
        ("flags : avx2 avx_vnni", True),
        ("flags\t: avx2 avx512f\n", False),
        ("Features\t: asimd asimddp\n", False),
    ],
)
def test_eight_bit_dot_products_are_read_from_the_kernel(tmp_path: Path, cpuinfo: str, present: bool) -> None:
    (tmp_path / "cpuinfo").write_text(cpuinfo)
    assert has_vnni(tmp_path / "cpuinfo") is present
    assert not has_vnni(tmp_path / "none")
