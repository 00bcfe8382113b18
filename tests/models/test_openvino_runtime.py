"""OpenVINO brings a converter and telemetry along; neither may ever load, and nothing may be written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import json, sys
from codeassistd.models.selection import EmbedderRequest, load_embedder
before = sorted(m for m in sys.modules if m.split(".")[0] in {"numpy", "torch", "openvino", "tokenizers"})
loaded = load_embedder(EmbedderRequest(backend="openvino", threads=1))
vector = loaded.embedder.embed(["hello"], "query")
import openvino.tools   # our block is gone after the import: other users of OpenVINO are not disturbed
print(json.dumps({"before": before, "modules": sorted(sys.modules), "shape": vector.shape}))
"""


def test_no_telemetry_no_converter_no_torch_nothing_written(tmp_path: Path) -> None:
    environment = os.environ | {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    output = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    report = json.loads(output)
    assert report["shape"] == [1, 384]
    assert report["before"] == []
    loaded = set(report["modules"])
    assert "openvino" in loaded
    for unwanted in (
        "openvino_telemetry",
        "openvino.tools.ovc",
        "torch",
        "transformers",
        "sentence_transformers",
    ):
        assert not any(name == unwanted or name.startswith(f"{unwanted}.") for name in loaded), unwanted
    assert list(tmp_path.iterdir()) == []
