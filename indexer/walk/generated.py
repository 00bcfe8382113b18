"""Files that a program wrote: by their names, or by the marker in their opening comment."""

from __future__ import annotations

import re

_HEAD_LENGTH = 2_000  # characters in which a marker has to stand
_LOCK_FILES = frozenset({
    "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "deno.lock",
    ".pnp.cjs", ".pnp.loader.mjs", "cargo.lock", "poetry.lock", "uv.lock", "pdm.lock", "pixi.lock",
    "pipfile.lock", "pylock.toml", "conda-lock.yml", "gemfile.lock", "gems.locked", "composer.lock", "go.sum",
    "go.work.sum", "mix.lock", "pubspec.lock", "podfile.lock", "package.resolved", "cartfile.resolved",
    "packages.lock.json", "paket.lock", "project.assets.json", "gradle.lockfile",
    "buildscript-gradle.lockfile", "flake.lock", ".terraform.lock.hcl", "stack.yaml.lock",
    "cabal.project.freeze", "rebar.lock", "shard.lock", "renv.lock", "chart.lock", "module.bazel.lock",
    "build.zig.zon2json-lock", "lazy-lock.json",
})  # fmt: skip
_ENDINGS = (
    ".js.map", ".mjs.map", ".cjs.map", ".css.map", ".ts.map", "_pb2.py", "_pb2.pyi", "_pb2_grpc.py", ".pb.go",
    ".pb.gw.go", ".pb.cc", ".pb.h", "_pb.js", "_pb.ts", "_pb.d.ts", ".g.dart", ".freezed.dart",
    ".designer.cs", ".designer.vb", ".g.cs", ".g.i.cs", ".generated.cs",
)  # fmt: skip
_SNAPSHOT_FOLDERS = ("__snapshots__", "snapshots")
_MINIFIED_NAME = re.compile(r".*[.-]min\.(?:js|mjs|cjs|css|html?)")

_LINE_COMMENT = re.compile(r"\s*(?://+!?|#+!?|--+|;+|%+|dnl\b|rem\b|'(?!')|!)\s?", re.IGNORECASE)
_BLOCKS = {
    "/*": "*/",
    "<!--": "-->",
    "(*": "*)",
    "{-": "-}",
    '"""': '"""',
    "'''": "'''",
    "<#": "#>",
    "=begin": "=end",
}
_BLOCK_START = re.compile(r"\s*(/\*|<!--|\(\*|\{-|\"\"\"|'''|<#|=begin)")
_DECORATION = " \t*!-=#;/"
# Lines that may stand before the comment which tells where the file comes from.
_PREAMBLE = re.compile(
    r"\s*(?:<\?(?:php|xml)\b.*|<!doctype\b.*|@charset\b.*|syntax\s*=.*"
    r"|package\s[\w.]+;?|(['\"])use strict\1;?)\s*$",
    re.IGNORECASE,
)
_BY = r"(?:by|from|using|with)\b"
_HANDS_OFF = r"(?:do not|don't|not) (?:manually )?(?:edit|modify|change)"
_TOOLS = r"(?:autoconf|automake|aclocal|bison|flex|swig|cython|cmake|protoc)\b"
_MARKER = re.compile(
    # Words after "@generated" tell a remark about such files from a marker.
    r"(?:this file is )?@(?:partially-)?generated\b"
    r"(?! (?:files?|markers?|tags?|code|comments?|headers?|in|or|and|are)\b)"
    r"|<auto-?generated\b"
    rf"|(?:(?:auto|machine)[- ]?|automatically )generated (?:automatically )?(?:{_BY}|on\b)"
    r"|.*\bauto-?generated file\W+(?:please )?do not"
    rf"|(?:code |automatically )?generated (?:automatically |code )?.*\b{_HANDS_OFF}"
    rf"|.*\bgenerated (?:automatically )?by (?:gnu )?{_TOOLS}"
    r"|a bison parser, made by"
    r"|(?:this|the following) (?:file|code|source|class|module|header)\b.{0,20}? (?:is|was|has been|were) "
    r"(?:auto-?|automatically |machine[- ]|programmatically )generated\b"
    rf"|this (?:file|code) (?:is|was|has been) generated\b.*\b{_HANDS_OFF}"
    rf"|.*\b{_HANDS_OFF}\b.*\b(?:auto(?:matically |-)?)?generated\b",
    re.IGNORECASE,
)


def is_generated_name(path: str) -> bool:
    """Whether a POSIX path names a lock file, source map, test snapshot or a known generator's output."""
    folder, _, name = path.lower().rpartition("/")
    if name in _LOCK_FILES or name.endswith(_ENDINGS):
        return True
    return name.endswith(".snap") and folder.rpartition("/")[2] in _SNAPSHOT_FOLDERS


def is_minified_name(path: str) -> bool:
    """Whether a POSIX path names a minified script or style sheet."""
    return _MINIFIED_NAME.fullmatch(path.lower().rpartition("/")[2]) is not None


def has_generated_marker(text: str) -> bool:
    """Whether the comment a file opens with says that a program wrote it.

    Only the comment lines before the first line of code count, and a line has to open with the marker: code
    that looks for markers, or prints them, is written by hand.
    """
    head = text[:_HEAD_LENGTH]
    if "generated" not in head.lower() and "bison parser" not in head.lower():
        return False
    return any(_MARKER.match(line) for line in _opening_comment(head))


def _opening_comment(head: str) -> list[str]:
    """Texts of the comment lines before the first line of code, without their decoration."""
    comments: list[str] = []
    block_end = ""
    for line in head.split("\n"):
        if block_end:
            comments.append(line.strip(_DECORATION + "\r"))
            if block_end in line:
                block_end = ""
        elif not line.strip() or _PREAMBLE.match(line):
            continue
        elif block := _BLOCK_START.match(line):
            comments.append(line[block.end() :].strip(_DECORATION + "\r"))
            if _BLOCKS[block[1]] not in line[block.end() :]:
                block_end = _BLOCKS[block[1]]
        elif comment := _LINE_COMMENT.match(line):
            comments.append(line[comment.end() :].strip(_DECORATION + "\r"))
        else:
            break
    return comments
