"""Imports, excerpts, test files and names, each by itself."""

from __future__ import annotations

import pytest

from codeassistd.indexer.grounding import Limits, document_language, test_target
from codeassistd.indexer.grounding.choice import Choice, Window
from codeassistd.indexer.grounding.excerpt import excerpt_of
from codeassistd.indexer.grounding.imports import imports_of, matches
from codeassistd.indexer.grounding.names import of_lines, surroundings
from codeassistd.indexer.grounding.records import Excerpt, Site
from codeassistd.indexer.store.symbol_table import SymbolTable


@pytest.mark.parametrize(
    ("language", "text", "name", "module"),
    [
        ("python", "from ..store.rows import Hit, Snapshot\n", "Hit", ("a", "store", "rows")),
        ("python", "from . import rows\n", "rows", ("a", "b")),
        ("python", "from x.y import (\n    One,\n    Two as Three,\n)\n", "Three", ("x", "y")),
        ("python", "import numpy as np\n", "np", ("numpy",)),
        ("typescript", "import { One, type Two } from '../lib/two';\n", "Two", ("a", "lib", "two")),
        ("typescript", 'import {\n  One,\n} from "./one.js"\n', "One", ("a", "b", "one")),
        ("javascript", "const { one } = require('./one')\n", "one", ("a", "b", "one")),
        ("java", "import com.shop.Money;\n", "Money", ("com", "shop")),
        ("rust", "use crate::store::{rows, Table};\n", "Table", ("store",)),
        ("rust", "use store::rows::Hit;\n", "Hit", ("store", "rows")),
        ("php", "use App\\Models\\User;\n", "User", ("App", "Models")),
    ],
)
def test_imported_names(language: str, text: str, name: str, module: tuple[str, ...]) -> None:
    assert imports_of(language, "a/b/c.py", text).names[name] == module


@pytest.mark.parametrize(
    ("language", "text", "module"),
    [
        ("go", 'import (\n\t"fmt"\n\tm "shop.example/x/money"\n)\n', ("shop.example", "x", "money")),
        ("c", '#include "store/rows.h"\n', ("store", "rows")),
        ("ruby", "require_relative '../money'\n", ("a", "money")),
        ("python", "import x.y, z\n", ("x", "y")),
    ],
)
def test_imported_modules(language: str, text: str, module: tuple[str, ...]) -> None:
    assert module in imports_of(language, "a/b/c.py", text).modules


@pytest.mark.parametrize(
    ("path", "language", "expected"),
    [("a.tsx", "typescriptreact", "tsx"), ("a", "C++", "cpp"), ("a.py", "", "python"), ("a", "", "text")],
)
def test_a_document_has_a_language(path: str, language: str, expected: str) -> None:
    assert document_language(path, language) == expected


def test_modules_match_files_and_packages() -> None:
    assert matches(("shop", "money"), "src/shop/money.py") == 2
    assert matches(("shop", "money"), "shop/money/__init__.py") == 2
    assert matches(("x", "money"), "x/money/amount.go") == 2
    assert matches(("x", "money"), "x/money/amount.go", packages=False) == 0
    assert matches((), "a.py") == 0


def test_the_word_that_is_being_typed_is_no_name() -> None:
    text = "amount = parse_money(tex"
    assert surroundings(text, len(text)).key == surroundings(text + "t", len(text) + 1).key
    assert "tex" not in surroundings(text, len(text)).words


def test_names_have_their_qualifiers() -> None:
    around = of_lines(["client.fetch(url)", "self.close()", "std::move(x1y)"])
    names = {(each.qualifier, each.name) for each in around.names}
    assert {("client", "fetch"), ("", "close"), ("std", "move"), ("", "client")} <= names


def test_of_a_long_function_the_beginning_is_shown() -> None:
    body = "".join(f"    step_{i}()\n" for i in range(40))
    head = '@cached\ndef long(\n    a,\n):\n    """Do.\n\n    Much.\n    """\n'
    text = f"import x\n\n\n{head}{body}\n\ndef other(): ...\n"
    excerpt = excerpt_of(Site("a.py", 60, 70, "definition", "long"), text, Limits())
    assert excerpt is not None
    assert excerpt.text.startswith('@cached\ndef long(\n    a,\n):\n    """Do.')
    assert excerpt.text.endswith("step_6()")


def test_a_long_docstring_may_end_the_file() -> None:
    words = "    Word.\n" * 20
    text = f'def f():\n    """Do.\n\n{words}    """\n'
    excerpt = excerpt_of(Site("a.py", 1, 25, "definition", "f"), text, Limits())
    assert excerpt is not None
    assert excerpt.text == text.rstrip("\n")


def test_a_name_that_is_gone_has_no_excerpt() -> None:
    assert excerpt_of(Site("a.py", 1, 1, "definition", "A.gone"), "x = 1\n", Limits()) is None
    assert excerpt_of(Site("a.py", 1, 1, "similar", "", "y = 2\nz = 3"), "x = 1\n", Limits()) is None


def test_nothing_is_taken_twice_nor_what_is_shown_anyway() -> None:
    choice = Choice(Limits(), Window("own.py", 1, 9))
    assert not choice.take("own.py", Excerpt((9,), "x"), "similar")
    for name in ("a", "b", "c"):
        assert choice.take(f"{name}.py", Excerpt((1,), f"{name} = 1"), "definition", name)
    assert not choice.take("d.py", Excerpt((1,), "  a = 1"), "definition", "a")
    assert not choice.take("a.py", Excerpt((1, 2), "a = 1\nb"), "similar")
    assert [each.symbol for each in choice.chosen] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("path", "there", "expected"),
    [
        ("indexer/search/rank.py", "tests/indexer/search/test_rank.py", "tests/indexer/search/test_rank.py"),
        ("src/shop/rank.py", "tests/shop/test_rank.py", "tests/shop/test_rank.py"),
        ("src/rank.py", "tests/test_rank.py", "tests/test_rank.py"),
        ("web/rank.ts", "web/rank.spec.ts", "web/rank.spec.ts"),
        ("web/rank.ts", "", "web/rank.test.ts"),
        ("src/main/java/x/Rank.java", "", "src/test/java/x/RankTest.java"),
        ("pkg/rank.go", "", "pkg/rank_test.go"),
        ("lib/shop/rank.rb", "spec/shop/rank_spec.rb", "spec/shop/rank_spec.rb"),
        ("rank.py", "", "tests/test_rank.py"),
    ],
)
def test_where_a_file_is_tested(path: str, there: str, expected: str) -> None:
    target = test_target(path, lambda each: each == there)
    assert target is not None
    assert (target.path, target.exists) == (expected, bool(there))


@pytest.mark.parametrize(
    "path", ["tests/test_rank.py", "a/rank.spec.ts", "README.md", "Makefile", "x/RankTest.java"]
)
def test_tests_and_prose_are_not_tested(path: str) -> None:
    assert test_target(path, lambda _path: True) is None


def test_symbols_are_found_by_their_exact_names() -> None:
    table = SymbolTable(
        [0, 1], ["a.py", "b.py"], [1, 1], [9, 9], ["class", "class"], [["A", "A.go"], ["B", "B.go", "B.Go"]]
    )
    assert [table.symbol(place) for place in table.named("go")] == ["A.go", "B.go"]
    assert [table.symbol(place) for place in table.without({"a.py"}).named("go")] == ["B.go"]
    assert table.named("absent") == []
    assert SymbolTable([], [], [], [], [], []).named("x") == []
