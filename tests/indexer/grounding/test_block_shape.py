"""Whether a completion may have several lines. The cursor is at `|`."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codeassistd.indexer.grounding import block_shape, scopes_at
from codeassistd.indexer.grounding.lexical import lexical_place

ROOT = Path(__file__).parents[3]
FILES = sorted([*ROOT.glob("indexer/**/*.py"), *ROOT.glob("*.md"), *ROOT.glob("editor-clients/**/*.ts")])
LANGUAGES = ("python", "typescript", "rust", "ruby", "c", "go", "haskell", "markdown", "bash", "nothing", "")


@pytest.mark.parametrize(
    ("language", "text", "single", "because"),
    [
        ("python", "def f(x):|", False, "block"),
        ("python", "def f(x):\n    |", False, "empty line"),
        ("python", "def f(x):\n    |\n    return 1\n", False, "empty line"),
        ("python", "x = {'a':|", True, "rest of line"),
        ("python", "x = |", True, "rest of line"),
        ("python", "total = sum(|)", True, "rest of line"),
        ("python", "foo(|) + bar", True, "text after"),
        ("python", "x = 'a|'", True, "string"),
        ("python", "x = 'a|", True, "string"),
        ("python", "# it's |", True, "comment"),
        ("python", "x = 1  # don't\ny = |", True, "rest of line"),
        ("python", 'def f():\n    """Says |\n', False, "documentation"),
        ("python", 'def f():\n    """Says |"""\n', True, "documentation"),
        ("python", 'x = """a\n"""\nif x:|', False, "block"),
        ("python", 'x = """#"""\nif x:|', False, "block"),
        ("python", "if x:|\r\n    pass\r\n", False, "block"),
        ("typescript", "const f = () => {|}", False, "block"),
        ("typescript", "const f = (a) =>|", False, "block"),
        ("typescript", "if (a) {|", False, "block"),
        ("typescript", "const a = `x ${|", False, "documentation"),
        ("typescript", "// see {|", True, "comment"),
        ("typescript", "const url = 'http://x'; f(|);", True, "rest of line"),
        ("typescript", "/** Adds|\n */", False, "documentation"),
        ("typescript", "const a = { b: 1, |};", True, "rest of line"),
        ("rust", "fn f<'a>(x: &'a str) {|", False, "block"),
        ("rust", "match x {\n    Some(y) =>|", False, "block"),
        ("ruby", "items.each do|", False, "block"),
        ("ruby", "if a then|", False, "block"),
        ("lua", "for i = 1, 3 do|", False, "block"),
        ("lua", "-- see |", True, "comment"),
        ("bash", "if true; then|", False, "block"),
        ("bash", 'echo "${#a}" |', True, "rest of line"),
        ("haskell", "f' x = |", True, "rest of line"),
        ("markdown", "Some words |", True, "prose"),
        ("markdown", "|", False, "prose"),
        ("", "if x {|", False, "block"),
        ("python", "|", False, "empty line"),
    ],
)
def test_how_much_may_be_written(language: str, text: str, single: bool, because: str) -> None:
    shape = block_shape(language, text.replace("|", ""), text.index("|"))
    assert (shape.single_line, shape.because) == (single, because)


@given(
    path=st.sampled_from(FILES),
    cut=st.tuples(st.floats(0, 1), st.floats(0, 0.2)),
    at=st.floats(-0.01, 1.01),
    language=st.sampled_from(LANGUAGES),
)
@settings(deadline=None, max_examples=150)
def test_half_typed_files_never_fail(path: Path, cut: tuple[float, float], at: float, language: str) -> None:
    text = path.read_text(encoding="utf-8")
    begin = int(cut[0] * len(text))
    text = text[:begin] + text[begin + int(cut[1] * len(text)) :]
    offset = int(at * len(text))
    block_shape(language, text, offset)
    lines = text.count("\n") + 1
    row = text.count("\n", 0, min(max(0, offset), len(text))) + 1
    scopes = scopes_at(language, text, offset)
    for scope in scopes:
        assert 1 <= scope.first_line <= scope.header_line < scope.body_line
        assert scope.header_line <= scope.last_line <= lines
        assert scope.first_line <= row
        assert scope.symbol.endswith(scope.name)
    assert [each.header_line for each in scopes] == sorted((s.header_line for s in scopes), reverse=True)


@given(
    st.text(alphabet="ab\"'`#/*\\{}()\n :-'=<", max_size=200),
    st.sampled_from(LANGUAGES),
    st.integers(-5, 210),
)
@settings(deadline=None, max_examples=300)
def test_any_text_has_a_shape(text: str, language: str, offset: int) -> None:
    block_shape(language, text, offset)
    scopes_at(language, text, offset)
    place = lexical_place(language, text, min(max(0, offset), len(text)))
    assert 0 <= place.start <= max(0, offset)


def test_much_unbalanced_text_is_read_too() -> None:
    for text in ('"""' * 20_000, "/*" * 30_000, "\\" * 60_000, "'" * 60_000, "(" * 60_000, " {\n" * 20_000):
        for language in ("python", "typescript", "c"):
            block_shape(language, text, len(text))
            scopes_at(language, text, len(text))
