"""Grammar name to how the chunker reads it."""

from __future__ import annotations

from collections.abc import Mapping

from . import c_family, functional, jvm, scripting, systems, web
from .syntax import Syntax

SYNTAXES: Mapping[str, Syntax] = {
    "bash": scripting.BASH,
    "c": c_family.C,
    "clojure": functional.CLOJURE,
    "cpp": c_family.CPP,
    "csharp": c_family.CSHARP,
    "cuda": c_family.CPP,
    "dart": web.DART,
    "elixir": functional.ELIXIR,
    "elm": functional.ELM,
    "erlang": functional.ERLANG,
    "go": systems.GO,
    "haskell": functional.HASKELL,
    "java": jvm.JAVA,
    "javascript": web.JAVASCRIPT,
    "julia": scripting.JULIA,
    "kotlin": jvm.KOTLIN,
    "lua": scripting.LUA,
    "objc": c_family.OBJC,
    "ocaml": functional.OCAML,
    "perl": scripting.PERL,
    "php": scripting.PHP,
    "powershell": scripting.POWERSHELL,
    "python": scripting.PYTHON,
    "r": scripting.R,
    "ruby": scripting.RUBY,
    "rust": systems.RUST,
    "scala": jvm.SCALA,
    "solidity": systems.SOLIDITY,
    "starlark": scripting.STARLARK,
    "swift": jvm.SWIFT,
    "tsx": web.JAVASCRIPT,
    "typescript": web.JAVASCRIPT,
    "zig": systems.ZIG,
}
"""Keys are grammars of tree-sitter-language-pack; grammars that share node types share a value."""
