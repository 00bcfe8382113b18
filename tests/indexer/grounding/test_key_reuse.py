"""How little of a completion's prompt, passages included, has to be read again after a key."""

from __future__ import annotations

import random
import re
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from codeassistd.indexer.chunk.chunker import chunk_text
from codeassistd.indexer.file_rows import chunk_rows
from codeassistd.indexer.grounding import CompletionGrounding, CompletionQuery, TimeBox
from codeassistd.indexer.store.layout import IndexLayout
from codeassistd.indexer.store.manifest import FileRecord
from codeassistd.indexer.store.snapshot import open_snapshot
from codeassistd.indexer.store.writer import IndexKey, IndexWriter
from codeassistd.models.completion import FillIn
from codeassistd.models.prompts.families import fim_format
from codeassistd.models.prompts.fill_in import fill_in_prompt

from ...models.prompts.vocabulary import QWEN, count, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codeassistd.indexer.store.snapshot import IndexSnapshot

REPOSITORY = Path(__file__).parents[3]
FORM = fim_format(QWEN)
KEYS = 16
PLACES = 60
TEXTS = {
    path.relative_to(REPOSITORY).as_posix(): path.read_text(encoding="utf-8")
    for folder in ("indexer/grounding", "models/prompts", "models/worker", "lsp")
    for path in sorted((REPOSITORY / folder).glob("*.py"))
}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexSnapshot]:
    """A real index of some of this project's modules; vectors aren't looked at here."""
    layout = IndexLayout.of(tmp_path_factory.mktemp("index"), "own")
    writer = IndexWriter(layout, IndexKey("/w", "none", 8, "1"))
    for path, text in TEXTS.items():
        rows = list(chunk_rows(path, chunk_text(text, path)))
        vectors = np.eye(1, 8, dtype="f2").repeat(len(rows), axis=0)
        writer.write_files([FileRecord(path, 1, 1, 1, 1, True, "h", "", 1)], rows, list(vectors), [])
    writer.commit(complete=True)
    writer.close()
    with ExitStack() as opened:
        snapshot = opened.enter_context(open_snapshot(layout))
        assert snapshot is not None
        yield snapshot


def read_again(snapshot: IndexSnapshot, chooser: random.Random) -> tuple[int, list[int]]:
    """Type along a line: tokens of the first prompt, and those that differ from the one before, per key."""
    path = chooser.choice(sorted(TEXTS))
    text = TEXTS[path]
    begin = chooser.choice([match.start() for match in re.finditer(r"(?<=[ (])\w{3}.{14}", text)])
    rest = text[text.find("\n", begin) :]
    grounding = CompletionGrounding()
    prompts = []
    for typed in range(1, KEYS + 1):
        before = text[: begin + typed]
        query = CompletionQuery(path, before + rest, len(before), "python")
        found = grounding.passages(snapshot, query, TEXTS.get, TimeBox(60))
        asked = FillIn(path, "python", before, rest, tuple(each.passage for each in found), "own")
        prompts.append(tokens(fill_in_prompt(asked, FORM, 1_024, count).segments))
    grounding.close()
    again = []
    for one, other in pairwise(prompts):
        pairs = enumerate(zip(one, other, strict=False))
        common = next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
        again.append(len(other) - common)
    return len(prompts[0]), again


def test_a_key_costs_a_tenth_of_the_first_prompt_with_passages(own: IndexSnapshot) -> None:
    chooser = random.Random(7)
    lines = [read_again(own, chooser) for _ in range(PLACES)]
    second = [again[0] * 10 <= first for first, again in lines]
    every = [one * 10 <= first for first, again in lines for one in again]
    assert sum(second) >= 0.95 * len(second), f"{sum(second)} of {len(second)} places"
    assert sum(every) >= 0.95 * len(every), f"{sum(every)} of {len(every)} keys"
