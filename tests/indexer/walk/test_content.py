"""What is text worth indexing, and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.indexer.walk.content import decode, inspect
from codeassistd.indexer.walk.entry import ContentLimits, SkipReason

KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEA\n-----END PRIVATE KEY-----\n"
FUNCTION = "function add(first, second) {\n  // adds two numbers\n  return first + second;\n}\n"


@pytest.mark.parametrize(
    ("path", "data", "expected"),
    [
        ("a.py", b"", ""),
        ("a.py", b"x = 1\r\ny = 2\r\n", "x = 1\r\ny = 2\r\n"),
        ("a.py", "é = '€😀'\u2028\x0c\n".encode(), "é = '€😀'\u2028\x0c\n"),
        ("a.py", b"\xef\xbb\xbfx", "x"),
        ("a.cs", "\ufeffclass É\r\n".encode("utf-16-le"), "class É\r\n"),
        ("a.cs", "\ufeffclass É\r\n".encode("utf-16-be"), "class É\r\n"),
        ("a.cs", "\ufeffclass É".encode("utf-32-le"), "class É"),
        ("a.cs", "\ufeffclass É".encode("utf-32-be"), "class É"),
        ("a.log", b"\x1b[31mred\x1b[0m\n", "\x1b[31mred\x1b[0m\n"),
        ("a.py", b"class \xc9:", SkipReason.UNDECODABLE),
        ("a.cs", b"\xff\xfea", SkipReason.UNDECODABLE),
        ("a.cs", "class É".encode("utf-16-le"), SkipReason.BINARY),
        ("a.cs", "\ufeffa\0b".encode("utf-16-le"), SkipReason.BINARY),
        ("a", b"\x7fELF\x02\x01\x01\0\0", SkipReason.BINARY),
        ("a", b"text" * 5_000 + b"\0", SkipReason.BINARY),
        ("a", b"\x01\x02\x03text", SkipReason.BINARY),
        ("a.pdf", b"%PDF-1.4\nall ASCII", SkipReason.BINARY),
        ("a.py", b"x" * 1_000_001, SkipReason.TOO_LARGE),
        ("key.txt", KEY.encode(), SkipReason.SECRET),
        ("data.json", b"[" + b"1," * 4_000 + b"1]", SkipReason.LONG_LINE),
        ("short.json", b"[" + b"1," * 2_000 + b"1]", "[" + "1," * 2_000 + "1]"),
        ("é.txt", ("é" * 5_000).encode(), "é" * 5_000),
        ("jquery.min.js", b"x", SkipReason.MINIFIED),
        ("css/site-min.css", b"x", SkipReason.MINIFIED),
        ("minutes.js", b"x", "x"),
        ("bundle.js", b"!function(e){var t={};return e(t)}({1:2});" * 80, SkipReason.MINIFIED),
        ("bundle.css", b".a{color:red}.b{margin:0}" * 100, SkipReason.MINIFIED),
        ("bundle.txt", b".a{color:red}.b{margin:0}" * 100, ".a{color:red}.b{margin:0}" * 100),
        ("yarn.lock", b"x", SkipReason.GENERATED),
        ("a.py", b"# @generated\nx = 1\n", SkipReason.GENERATED),
    ],
)
def test_inspect(path: str, data: bytes, expected: str | SkipReason) -> None:
    found = inspect(path, data)
    assert found == expected
    assert isinstance(found, SkipReason) == isinstance(expected, SkipReason)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("add.js", FUNCTION * 200),
        (
            "messages.ts",
            "export const text = {\n" + f"  key: '{'some words of prose ' * 15}',\n" * 40 + "};\n",
        ),
        (
            "icon.js",
            FUNCTION * 100
            + f"const icon = 'data:image/png;base64,{'iVBORw0KGgo' * 700}';\n"
            + FUNCTION * 100,
        ),
        ("vectors.zig", 'const v = "' + "ab" * 4_000 + '";\n' + "const x: u32 = 1;\n" * 2_000),
        ("find_keys.py", 'MARK = "-----BEGIN PRIVATE KEY-----"\n'),
        ("generated.py", '"""Finds generated files."""\n\nMARK = "@generated"\n# @generated\n'),
    ],
)
def test_hand_written_code_is_kept(path: str, text: str) -> None:
    assert inspect(path, text.encode()) == text


def test_limits() -> None:
    assert inspect("a", b"12345", ContentLimits(max_file_bytes=4)) is SkipReason.TOO_LARGE
    assert inspect("a", b"12345", ContentLimits(max_line_length=4)) is SkipReason.LONG_LINE
    assert inspect("a", b"1234\n1234", ContentLimits(max_line_length=4)) == "1234\n1234"
    assert inspect("a", KEY.encode(), ContentLimits(index_secrets=True)) == KEY


@given(st.text(), st.sampled_from(["utf-8-sig", "utf-16", "utf-32"]))
def test_text_with_a_byte_order_mark_is_read_back(text: str, encoding: str) -> None:
    found = decode(text.encode(encoding))
    assert found == text or "\0" in text or (encoding == "utf-8-sig" and found is SkipReason.BINARY)


@given(st.binary())
def test_any_bytes_have_a_verdict(data: bytes) -> None:
    found = inspect("a.js", data)
    if not isinstance(found, SkipReason):
        assert (
            found.encode() in (data, data[3:])
            or data[:2] in (b"\xff\xfe", b"\xfe\xff")
            or data[:4] == b"\0\0\xfe\xff"
        )
