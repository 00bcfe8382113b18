"""How languages write comments, so that text of other files can stand in a document."""

from __future__ import annotations

_HASH = (
    "bash cmake coffeescript crystal dockerfile elixir fish gdscript gitignore graphql hcl ini julia "
    "just make makefile meson mojo nginx nim nix perl powershell puppet python r ruby shell sh starlark tcl "
    "terraform toml yaml zsh"
)
_SLASHES = (
    "apex arduino bicep c cairo c++ cpp csharp cuda d dart fsharp glsl go groovy hlsl java javascript "
    "javascriptreact jsonc json json5 jsx kotlin objc objective-c pascal php prisma proto protobuf rust "
    "scala scss solidity svelte swift thrift tsx typescript typescriptreact v verilog systemverilog wgsl zig"
)
_DASHES = "ada elm haskell lua luau purescript sql vhdl"
_SEMICOLONS = "asm assembly clojure commonlisp elisp emacs-lisp lisp racket scheme"
_PERCENTS = "bibtex erlang latex matlab octave prolog tex"
_TAGS = "astro html markdown md svg vue xml"
_STARS = "css less"
_BARS = "ocaml reason sml"

_MARKS: dict[str, tuple[str, str]] = {
    name: marks
    for names, marks in (
        (_HASH, ("# ", "")),
        (_SLASHES, ("// ", "")),
        (_DASHES, ("-- ", "")),
        (_SEMICOLONS, ("; ", "")),
        (_PERCENTS, ("% ", "")),
        (_TAGS, ("<!-- ", " -->")),
        (_STARS, ("/* ", " */")),
        (_BARS, ("(* ", " *)")),
        ("vim vimscript", ('" ', "")),
        ("fortran", ("! ", "")),
    )
    for name in names.split()
}


def commented(text: str, language: str) -> str:
    """Text as comments, line by line; "# " begins those of an unknown language.

    Args:
        text: Any text; what ends a comment inside it is broken up by a space.
        language: As the index or an editor names it.

    Returns:
        Whole lines: each ends with a line break. Empty lines stay empty.
    """
    begin, end = _MARKS.get(language.lower(), ("# ", ""))
    closing = end.strip()
    lines = []
    for line in text.splitlines():
        safe = line.replace(closing, f"{closing[0]} {closing[1:]}") if closing else line
        lines.append(f"{begin}{safe}{end}\n" if safe.strip() else "\n")
    return "".join(lines)
