"""File names and beginnings to languages, and back from what users type."""

from __future__ import annotations

import pytest

from codeassistd.indexer.languages import detect_language, language_names, resolve_language
from codeassistd.indexer.languages.table import LANGUAGES


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/app.py", "python"),
        ("types.pyi", "python"),
        ("APP.PY", "python"),
        ("lib/index.d.ts", "typescript"),
        ("view.tsx", "tsx"),
        ("view.jsx", "javascript"),
        ("build.gradle.kts", "kotlin"),
        ("build.sbt", "scala"),
        ("a.hpp", "cpp"),
        ("a.h", "c"),
        ("a.mm", "objc"),
        ("a.cs", "csharp"),
        ("Gemfile", "ruby"),
        ("x.gemspec", "ruby"),
        ("Makefile", "make"),
        ("makefile.in", "make"),
        ("Makefile.debian", "make"),
        ("Dockerfile", "dockerfile"),
        ("Dockerfile.dev", "dockerfile"),
        ("BUILD", "starlark"),
        (".bashrc", "bash"),
        ("config.yml", "yaml"),
        ("README.md", "markdown"),
        ("conf.py.in", "python"),
        ("CMakeLists.txt", "cmake"),
        ("LICENSE", "text"),
        ("noidea", "text"),
        ("a.b/noextension", "text"),
        ("weird.xyzzy", "text"),
        ("", "text"),
        (".", "text"),
    ],
)
def test_language_by_name(path: str, expected: str) -> None:
    assert detect_language(path).name == expected


@pytest.mark.parametrize(
    ("path", "head", "expected"),
    [
        ("run", "#!/usr/bin/env python3\n", "python"),
        ("run", "#!/usr/bin/python3.11 -u\n", "python"),
        ("run", "#!/bin/sh\n", "bash"),
        ("run", "#!/usr/bin/env -S FOO=1 node --harmony\n", "javascript"),
        ("run", "#!/usr/bin/env ruby\n", "ruby"),
        ("run", "#!/opt/unknown\n", "text"),
        ("run", "#!", "text"),
        ("run", "<?php echo 1;", "php"),
        ("run", "<?xml version='1.0'?>", "xml"),
        ("run", "# -*- mode: ruby -*-\n", "ruby"),
        ("run", "# vim: set ft=python :\n", "python"),
        ("run", "# -*- coding: utf-8 -*-\n", "text"),
        ("a.h", "#include <stdio.h>\nint f(void);\n", "c"),
        ("a.h", "#pragma once\nnamespace a {\n}\n", "cpp"),
        ("a.h", "template <typename T>\nT f();\n", "cpp"),
        ("a.h", "#include <vector>\nstd::vector<int> f();\n", "cpp"),
        ("a.h", "struct a { int class_id; };\n", "c"),
        ("a.h", "#import <A/A.h>\n@interface A\n@end\n", "objc"),
        ("a.m", "function y = f(x)\n", "matlab"),
        ("a.m", "@implementation A\n", "objc"),
        ("a.t", "use strict;\n", "perl"),
        ("a.t", "words\n", "text"),
        ("a.v", "module a(input b);\n", "verilog"),
        ("a.v", "fn main() {\n", "v"),
    ],
)
def test_language_by_beginning(path: str, head: str, expected: str) -> None:
    assert detect_language(path, head).name == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("python", "python"),
        (" Python ", "python"),
        ("py", "python"),
        (".py", "python"),
        ("C++", "cpp"),
        ("c#", "csharp"),
        ("golang", "go"),
        ("js", "javascript"),
        ("ts", "typescript"),
        ("sh", "bash"),
        ("Objective-C", "objc"),
        ("protocol buffers", "protobuf"),
        ("klingon", None),
        ("", None),
    ],
)
def test_names_that_users_type(typed: str, expected: str | None) -> None:
    assert resolve_language(typed) == expected


def test_names_are_unique_and_complete() -> None:
    names = language_names()
    assert len(names) == len(LANGUAGES) == len(set(names))
    assert {"python", "typescript", "tsx", "csharp", "cpp", "bash", "markdown", "text"} <= set(names)
    assert all(resolve_language(name) == name for name in names)


@pytest.mark.parametrize("key", ["aliases", "extensions", "filenames", "interpreters"])
def test_no_key_belongs_to_two_languages(key: str) -> None:
    keys = [each for language in LANGUAGES for each in getattr(language, key)]
    assert sorted(keys) == sorted(set(keys))
