"""Which definitions are around a cursor. The cursor is at `|`."""

from __future__ import annotations

import pytest

from codeassistd.indexer.grounding import documentation_target, is_unfinished, scope_at, scopes_at

PYTHON = '''import os


class Shelf(Base):
    """Holds things."""

    # Finds one.
    @cached
    def find(
        self,
        name: str,
    ) -> Thing:
        """Look."""
        if name:
            return self.things[name]

    def clear(self):
        pass


async def later():
    def inner():
        ...
    return inner
'''
TYPESCRIPT = """export class Shelf extends Base {
  private things = new Map();

  /** Finds one. */
  async find(name: string): Promise<Thing> {
    return this.things.get(name).then((x) => {
      return x;
    });
  }
}

export const clear = (shelf: Shelf) => {
};
"""
C = """/* Adds. */
static int
add(int a, int b)
{
    if (a) {
        return b;
    }
    return a + b;
}
"""
RUBY = """class Shelf
  def find(name)
    things.each do |thing|
      thing
    end
  end
end
"""


def at(language: str, text: str, marked: str) -> list[str]:
    before, after = marked.split("|")
    offset = text.index(before + after) + len(before)
    return [each.symbol for each in scopes_at(language, text, offset)]


@pytest.mark.parametrize(
    ("language", "text", "marked", "symbols"),
    [
        ("python", PYTHON, "import| os", []),
        ("python", PYTHON, '"""Holds |', ["Shelf"]),
        ("python", PYTHON, "# Finds| one.", ["Shelf.find", "Shelf"]),
        ("python", PYTHON, "@cac|hed", ["Shelf.find", "Shelf"]),
        ("python", PYTHON, "name: |str", ["Shelf.find", "Shelf"]),
        ("python", PYTHON, ") -> |Thing", ["Shelf.find", "Shelf"]),
        ("python", PYTHON, "return |self.things", ["Shelf.find", "Shelf"]),
        ("python", PYTHON, "pa|ss", ["Shelf.clear", "Shelf"]),
        ("python", PYTHON, "async def |later", ["later"]),
        ("python", PYTHON, "        ..|.", ["later.inner", "later"]),
        ("python", PYTHON, "return in|ner", ["later"]),
        ("typescript", TYPESCRIPT, "private |things", ["Shelf"]),
        ("typescript", TYPESCRIPT, "Finds| one", ["Shelf.find", "Shelf"]),
        ("typescript", TYPESCRIPT, "return| x", ["Shelf.find", "Shelf"]),
        ("typescript", TYPESCRIPT, "=> {\n|};", ["clear"]),
        ("c", C, "return |b", ["add"]),
        ("c", C, "static |int", ["add"]),
        ("c", C, "Ad|ds", ["add"]),
        ("c", C, "a + b;\n|}", ["add"]),
        ("ruby", RUBY, "      thi|ng", ["Shelf.find", "Shelf"]),
        ("ruby", RUBY, "    end\n  e|nd", ["Shelf.find", "Shelf"]),
        ("markdown", PYTHON, "pa|ss", []),
    ],
)
def test_the_definitions_around_a_place(language: str, text: str, marked: str, symbols: list[str]) -> None:
    assert at(language, text, marked) == symbols


def test_a_scope_has_its_lines() -> None:
    scope = scope_at("python", PYTHON, PYTHON.index("return self"))
    assert scope is not None
    assert (scope.kind, scope.name, scope.indentation) == ("method", "find", "    ")
    assert (scope.first_line, scope.header_line, scope.body_line, scope.last_line) == (7, 9, 13, 15)
    assert scope.header == "def find( self, name: str, ) -> Thing:"


@pytest.mark.parametrize("typed", ["foo(", "x = [1, ", "if a and (", "'", "for x in", "}", "]", "def "])
def test_a_line_that_is_half_typed_spoils_nothing(typed: str) -> None:
    text = PYTHON.replace("        pass\n", f"        {typed}\n")
    assert [each.symbol for each in scopes_at("python", text, text.index(typed + "\n") + len(typed))][
        -1
    ] == "Shelf"


def test_a_cursor_on_a_blank_line_of_a_body_is_in_it() -> None:
    text = "class A:\n    def f(self):\n        x = 1\n        \n\n\ny = 1\n"
    assert at("python", text, "x = 1\n        |\n") == ["A.f", "A"]
    assert at("python", "def f():\n\n    return 1\n", "def f():\n|\n") == ["f"]
    assert at("python", text, "\n\n|\ny = 1") == []


@pytest.mark.parametrize(
    ("language", "body", "unfinished"),
    [
        ("python", "def f():\n    pass\n", True),
        ("python", 'def f():\n    """Says."""\n    ...\n', True),
        ("python", 'def f():\n    """Says."""\n', True),
        ("python", "def f():\n    # TODO: write\n    raise NotImplementedError\n", True),
        ("python", "def f():\n    return 1\n", False),
        ("typescript", "function f() {\n}\n", True),
        ("typescript", "function f() {\n  // later\n  throw new Error('not implemented');\n}\n", True),
        ("typescript", "function f() {\n  return g();\n}\n", False),
        ("rust", "fn f() {\n    todo!()\n}\n", True),
        ("go", "func f() {\n}\n", True),
    ],
)
def test_what_is_unfinished(language: str, body: str, unfinished: bool) -> None:
    scope = scope_at(language, body, 5)
    assert scope is not None
    assert is_unfinished(body, scope) is unfinished


def test_where_documentation_belongs() -> None:
    found = {}
    for name in ("find", "clear"):
        scope = scope_at("python", PYTHON, PYTHON.index(f"def {name}"))
        assert scope is not None
        found[name] = documentation_target("python", PYTHON, scope)
    assert (found["find"].exists, found["find"].line) == (True, 13)
    assert (found["clear"].exists, found["clear"].line, found["clear"].indentation) == (False, 18, " " * 8)
    script = scope_at("typescript", TYPESCRIPT, TYPESCRIPT.index("async find"))
    assert script is not None
    target = documentation_target("typescript", TYPESCRIPT, script)
    assert (target.exists, target.line, target.indentation, target.is_below_header) == (True, 4, "  ", False)
