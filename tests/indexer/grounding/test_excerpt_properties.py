"""Excerpts of half-typed files: always whole lines, never a failure."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from codeassistd.indexer.grounding import Limits
from codeassistd.indexer.grounding.excerpt import excerpt_of
from codeassistd.indexer.grounding.imports import imports_of
from codeassistd.indexer.grounding.records import Excerpt, Site
from codeassistd.indexer.grounding.uses import use_excerpts
from codeassistd.indexer.languages import language_names

ROOT = Path(__file__).parents[3]
FILES = sorted([*ROOT.glob("indexer/**/*.py"), *ROOT.glob("editor-clients/**/*.ts"), *ROOT.glob("*.md")])
FILES += sorted(ROOT.glob("tests/indexer/chunk/data/**/*.*"))
LIMITS = Limits(passage_characters=900, passage_lines=20)


def check(excerpt: Excerpt | None, text: str) -> None:
    if excerpt is None:
        return
    lines = text.replace("\r\n", "\n").split("\n")
    assert len(excerpt.lines) <= LIMITS.passage_lines
    assert list(excerpt.lines) == sorted(set(excerpt.lines))
    kept = [line for line in excerpt.text.split("\n") if line.strip() != "..."]
    source = [lines[number - 1] for number in excerpt.lines]
    assert kept == [line for line in source if line.strip() != "..."]


@given(
    path=st.sampled_from(FILES),
    cut=st.tuples(st.floats(0, 1), st.floats(0, 0.5)),
    at=st.integers(0, 10_000),
    length=st.integers(0, 60),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
@settings(deadline=None, max_examples=200)
def test_every_name_of_a_half_typed_file_has_an_excerpt_of_its_lines(
    path: Path, cut: tuple[float, float], at: int, length: int, line_end: str
) -> None:
    text = path.read_text(encoding="utf-8", errors="replace")
    begin = int(cut[0] * len(text))
    text = (text[:begin] + text[begin + int(cut[1] * len(text)) :]).replace("\n", line_end)
    lines = text.split(line_end)
    start = at % len(lines)
    for name in sorted(set(re.findall(r"\w+", " ".join(lines[start : start + 3]))))[:8]:
        check(excerpt_of(Site("a", start + 1, start + 1 + length, "definition", name), text, LIMITS), text)
        for excerpt in use_excerpts(text, name, (start + 1, start + 1 + length), LIMITS):
            check(excerpt, text)
    chunk = "\n".join(lines[start : start + length + 1])
    if chunk:
        check(excerpt_of(Site("a", start + 1, start + 1 + length, "similar", "", chunk), text, LIMITS), text)


@given(path=st.sampled_from(FILES), language=st.sampled_from(language_names()), begin=st.floats(0, 1))
@settings(deadline=None, max_examples=100)
def test_imports_of_anything_can_be_read(path: Path, language: str, begin: float) -> None:
    text = path.read_text(encoding="utf-8", errors="replace")
    found = imports_of(language, "a/b.x", text[int(begin * len(text)) :])
    assert all(isinstance(part, str) and part for module in found.modules for part in module)
