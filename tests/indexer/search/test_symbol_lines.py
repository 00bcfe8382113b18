from __future__ import annotations

import pytest

from codeassistd.indexer.search.symbol_lines import definition_lines
from codeassistd.indexer.store.rows import StoredChunk


def chunk(text: str, *defines: str, kind: str = "function") -> StoredChunk:
    last = 11 + text.count("\n")
    return StoredChunk("id", "a.py", 11, last, "python", defines[0], kind, "", text, None, defines)


@pytest.mark.parametrize(
    ("text", "defines", "lines"),
    [
        ("def one():\n    pass\n\ndef two():\n    pass", ("one", "two"), [(11, 12), (14, 15)]),
        ("# one is called by two\ndef one():\n    two()", ("one",), [(12, 13)]),
        ("def one():\n    pass\n\n# about two\ndef two(): pass", ("one", "two"), [(11, 12), (15, 15)]),
        ("class A:\n    def b(self):\n        pass\nx = 1", ("A", "A.b"), [(11, 14), (12, 14)]),
        ("#[test]\nfn it() {}", ("it",), [(12, 12)]),
        ("@hidden\nvalue", ("elsewhere",), [(11, 12)]),
        ("#define MAX 1\nint max;", ("MAX", "max"), [(11, 11), (12, 12)]),
        ("def done?\nend\ndef done!\nend", ("A.done?", "A.done!"), [(11, 12), (13, 14)]),
    ],
)
def test_definitions_have_their_own_lines(
    text: str, defines: tuple[str, ...], lines: list[tuple[int, int]]
) -> None:
    assert list(definition_lines(chunk(text, *defines)).values()) == lines


def test_a_heading_is_no_comment() -> None:
    text = "# Setup\nSetup takes long.\n## Next\nmore"
    found = definition_lines(chunk(text, "Setup", "Setup > Next", kind="section"))
    assert found == {"Setup": (11, 14), "Setup > Next": (13, 14)}
