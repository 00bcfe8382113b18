"""What the chunks of small sources are, language by language."""

from __future__ import annotations

from codeassistd.indexer.chunk import chunk_text


def _outline(text: str, path: str) -> list[str]:
    return [
        f"{chunk.start_line}-{chunk.end_line} {chunk.kind} {chunk.symbol or '-'}"
        for chunk in chunk_text(text, path)
    ]


def test_chunks_of_each_language(sources: dict[str, str], outlines: dict[str, list[str]]) -> None:
    assert {name: _outline(text, name) for name, text in sources.items()} == outlines


def test_context_is_the_enclosing_headers(sources: dict[str, str]) -> None:
    contexts = {
        (name, chunk.symbol): chunk.context
        for name, text in sources.items()
        for chunk in chunk_text(text, name)
    }
    assert contexts["shapes.py", "Shape.area"] == "class Shape:"
    assert contexts["shapes.py", "Circle"] == ""
    assert contexts["shapes.py", "Circle.Style.colour"] == "class Circle(Shape):\nclass Style:"
    assert contexts["parser.rs", "ParseError.fmt"] == "impl fmt::Display for ParseError {"
    assert contexts["invoice.rb", "Billing.Invoice.for"] == "module Billing\nclass Invoice < Document"
    assert contexts["Cache.kt", "LruCache.get"].startswith(
        "class LruCache<K, V>( private val size: Int = DEFAULT_SIZE, private val clock: () -> Long, ) :"
    )


def test_every_definition_of_a_merged_chunk_is_listed(sources: dict[str, str]) -> None:
    chunks = {chunk.start_line: chunk for chunk in chunk_text(sources["Cache.kt"], "Cache.kt")}
    assert chunks[1].defines == ("DEFAULT_SIZE", "Cache", "Entry")
    chunks = {chunk.start_line: chunk for chunk in chunk_text(sources["ring.c"], "ring.c")}
    assert chunks[1].defines == ("RING_SIZE", "RING_NEXT", "ring_t", "ring_error", "ring_is_full")


def test_pieces_of_a_long_function_keep_its_symbol_and_header() -> None:
    body = "".join(f"    total += step({number}, scale=factor) * {number}\n" for number in range(120))
    chunks = chunk_text(f"def long(factor):\n    total = 0\n{body}    return total\n", "a.py")
    assert len(chunks) > 2
    assert {(chunk.kind, chunk.symbol) for chunk in chunks} == {("function", "long")}
    assert [chunk.context for chunk in chunks] == [""] + ["def long(factor):"] * (len(chunks) - 1)
    assert all(len(chunk.text) < 2400 for chunk in chunks)


def test_long_functions_are_split_between_statements() -> None:
    statement = "    call(\n        'SELECT x\nFROM t\nWHERE y',\n        first=1,\n    )\n"
    chunks = chunk_text(f"def run():\n{statement * 60}", "a.py")
    assert len(chunks) > 1
    assert all(chunk.text.split("\n")[0] in {"def run():", "    call("} for chunk in chunks)


def test_a_long_wrapper_is_looked_into() -> None:
    inner = "".join(
        f"  function part{number}(value) {{\n"
        "    if (value === undefined) throw new Error('a value is needed for every part of the whole');\n"
        f"    return value + {number} + 'and some more text so that this is no small function';\n  }}\n"
        for number in range(15)
    )
    chunks = chunk_text(f"(function (root) {{\n{inner}}})(this);\n", "a.js")
    assert {f"part{number}" for number in range(15)} <= {chunk.symbol for chunk in chunks}


def test_definitions_that_share_a_line_are_listed() -> None:
    (chunk,) = chunk_text("def a(): pass\nclass B: pass\nx = 1; y = 2\n", "a.py")
    assert chunk.defines == ("a", "B", "x", "y")


def test_more_languages() -> None:
    filler = "x" * 130
    cases = {
        "a.dart": (f"class A {{\n  // {filler}\n  int b(int c) {{\n    return c;\n  }}\n}}\n", ["A", "A.b"]),
        "a.jl": (f"module M\n# {filler}\nfunction f(x)\n    x\nend\nend\n", ["M.f"]),
        "a.r": (f"# {filler}\nf <- function(x) {{\n  x\n}}\n", ["f"]),
        "a.ml": (f"(* {filler} *)\nlet f x =\n  x + 1\n", ["f"]),
        "a.clj": (f"(ns a)\n\n; {filler}\n(defn ^:private f [x]\n  x)\n", ["f"]),
        "a.pl": (f"use strict;\n\n# {filler}\nsub f {{\n  return 1;\n}}\n", ["f"]),
        "a.erl": (f"% {filler}\nf(1) ->\n  2;\nf(X) ->\n  X.\n", ["f"]),
        "a.elm": (f"-- {filler}\nf : Int -> Int\nf x =\n  x + 1\n", ["f"]),
        "a.sol": (
            f"contract A {{\n  // {filler}\n  function f() public {{\n    g();\n  }}\n}}\n",
            ["A", "A.f"],
        ),
        "a.ps1": (f"# {filler}\nfunction Get-F {{\n  param($x)\n  $x\n}}\n", ["Get-F"]),
        "a.m": (
            f"@implementation A\n// {filler}\n- (void)f:(int)a g:(int)b {{\n  h();\n}}\n@end\n",
            ["A", "A.f"],
        ),
        "a.cu": (f"// {filler}\n__global__ void f(int *a) {{\n  a[0] = 1;\n}}\n", ["f"]),
        "a.bzl": (f"# {filler}\ndef f(name):\n    native.genrule(name = name)\n", ["f"]),
    }
    assert {
        path: [chunk.symbol for chunk in chunk_text(text, path)] for path, (text, _) in cases.items()
    } == {path: symbols for path, (_, symbols) in cases.items()}
