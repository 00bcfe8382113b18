"""A relevance set that needs nothing but Python: functions of its standard library without their docstrings.

The first sentence of a function's docstring is the query, the function's lines are the target, and the
indexed files have no docstrings. It judges lines, where the large set judges mostly files.
"""

from __future__ import annotations

import ast
import random
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from measure import Lines, Task

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES = """
argparse.py calendar.py configparser.py csv.py difflib.py fractions.py ftplib.py heapq.py http/client.py
http/cookiejar.py imaplib.py inspect.py ipaddress.py json/decoder.py json/encoder.py logging/handlers.py
mailbox.py shutil.py smtplib.py statistics.py tarfile.py tempfile.py textwrap.py threading.py tokenize.py
turtle.py urllib/parse.py urllib/request.py zipfile.py
"""
_SHORTEST_SENTENCE = 25
_SHORTEST_FUNCTION = 5

Function = ast.FunctionDef | ast.AsyncFunctionDef


def make(target: Path, queries: int) -> list[Task]:
    """Write the corpus into an empty folder.

    Args:
        target: Where the files go.
        queries: How many tasks to draw.
    """
    library = Path(sysconfig.get_path("stdlib"))
    tasks: list[Task] = []
    for path in MODULES.split():
        source = library / path
        if source.is_file():
            text = source.read_text(encoding="utf-8")
            tree = ast.parse(text)
            tasks += _tasks(path, tree)
            copy = target / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(_without_docstrings(text, tree), encoding="utf-8")
    chance = random.Random(1)  # noqa: S311 - a reproducible draw
    return chance.sample(tasks, min(queries, len(tasks)))


def _documented(tree: ast.Module) -> Iterator[tuple[ast.AST, ast.Expr]]:
    for node in ast.walk(tree):
        if isinstance(node, Function | ast.ClassDef | ast.Module) and ast.get_docstring(node):
            first = node.body[0]
            assert isinstance(first, ast.Expr)
            yield node, first


def _tasks(path: str, tree: ast.Module) -> Iterator[Task]:
    for node, docstring in _documented(tree):
        if not isinstance(node, Function) or node.end_lineno is None or docstring.end_lineno is None:
            continue
        sentence = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
        if (
            len(sentence) >= _SHORTEST_SENTENCE
            and node.end_lineno - docstring.end_lineno >= _SHORTEST_FUNCTION
        ):
            target = Lines(path, node.lineno, node.end_lineno)
            yield Task("stdlib", "python", "docstring", sentence.partition(". ")[0], (target,))


def _without_docstrings(text: str, tree: ast.Module) -> str:
    lines = text.split("\n")
    for _, docstring in _documented(tree):
        first, last = docstring.lineno - 1, (docstring.end_lineno or docstring.lineno) - 1
        lines[first : last + 1] = [" " * docstring.col_offset + "pass"] + [""] * (last - first)
    return "\n".join(lines)
