"""How languages write comments and strings, and how they open blocks, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_SLASH = """
c cpp cuda objc java kotlin scala groovy csharp fsharp go rust javascript typescript tsx swift dart php
solidity zig vue svelte astro json scss protobuf thrift v verilog glsl d hcl
"""
_HASH = """
python starlark ruby bash perl r julia elixir powershell yaml toml ini make just cmake meson dockerfile fish
tcl awk nim crystal graphql nix php hcl
"""
_DASH = "lua haskell elm sql ada vhdl"
_SLASHES, _HASHES, _DASHES = _SLASH.split(), _HASH.split(), _DASH.split()

LINE_COMMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(_SLASHES, ("//",)),
    **dict.fromkeys(_HASHES, ("#",)),
    **dict.fromkeys(_DASHES, ("--",)),
    "php": ("//", "#"),
    "hcl": ("//", "#"),
    "ini": ("#", ";"),
    "clojure": (";",),
    "lisp": (";",),
    "assembly": (";",),
    "erlang": ("%",),
    "matlab": ("%",),
    "fortran": ("!",),
}
"""What begins a comment that ends with its line."""

_C_COMMENT = (("/*", "*/"),)

BLOCK_COMMENTS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    **dict.fromkeys((*_SLASHES, "css", "sql", "graphql", "nix"), _C_COMMENT),
    "html": (("<!--", "-->"),),
    "xml": (("<!--", "-->"),),
    "haskell": (("{-", "-}"),),
    "elm": (("{-", "-}"),),
    "ocaml": (("(*", "*)"),),
    "fsharp": (("(*", "*)"),),
    "pascal": (("(*", "*)"), ("{", "}")),
    "lua": (("--[[", "]]"),),
    "julia": (("#=", "=#"),),
    "powershell": (("<#", "#>"),),
    "nim": (("#[", "]#"),),
    "ruby": (("\n=begin", "\n=end"),),
}
"""What begins and ends a comment of any number of lines."""

_TRIPLE = ('"""', "'''")

MULTILINE_STRINGS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("python", "starlark", "toml", "dart", "groovy", "elixir"), _TRIPLE),
    **dict.fromkeys(
        ("java", "kotlin", "scala", "swift", "julia", "csharp", "nim", "fsharp", "elm"), ('"""',)
    ),
    **dict.fromkeys(("javascript", "typescript", "tsx", "vue", "svelte", "astro", "go"), ("`",)),
    **dict.fromkeys(("nix",), ("''",)),
}
"""What begins and ends a string of several lines."""

QUOTES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("clojure", "lisp", "matlab", "verilog", "vhdl", "ada", "html", "xml", "make"), '"'),
    **dict.fromkeys(("css", "scss"), "\"'"),
}
"""What begins and ends a string on one line, where that is not both quotes."""

PROSE: Final = frozenset({"markdown", "restructuredtext", "asciidoc", "org", "latex", "text", "diff"})
"""Languages for people."""

COLON_BLOCKS: Final = frozenset({"python", "starlark", "nim", "yaml"})
"""Languages in which a colon at the end of a line opens a block."""

WORD_BLOCKS: Final[Mapping[str, frozenset[str]]] = {
    "ruby": frozenset({"do", "then", "begin", "else", "ensure"}),
    "crystal": frozenset({"do", "then", "begin", "else", "ensure"}),
    "elixir": frozenset({"do", "else", "after", "rescue"}),
    "lua": frozenset({"do", "then", "else", "repeat"}),
    "bash": frozenset({"do", "then", "else"}),
    "julia": frozenset({"begin", "else", "try", "finally"}),
    "haskell": frozenset({"do", "of", "where", "let"}),
    "ocaml": frozenset({"begin", "struct", "sig", "with"}),
    "erlang": frozenset({"of", "begin"}),
    "sql": frozenset({"begin", "then"}),
    "verilog": frozenset({"begin"}),
}
"""Words that open a block at the end of a line."""

ARROWS: Final = ("=>", "->")
"""What opens a block or begins the value of a function at the end of a line."""

WORD_HEADERS: Final = frozenset({"ruby", "crystal", "lua", "julia", "elixir", "bash", "verilog", "matlab"})
"""Languages whose blocks end with a word."""
