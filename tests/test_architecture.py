"""Holds the shape of the code that ARCHITECTURE.md describes."""

from __future__ import annotations

import ast
import logging
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parent.parent
LAYERS = ("daemon", "lsp", "indexer", "models")
LONGEST_MODULE = 300

MODULES = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))

ONLY_IN = {
    "lancedb": ("indexer.store",),
    "lance": ("indexer.store",),
    "pyarrow": ("indexer.store",),
    "torch": ("models.backends",),
    "openvino": ("models.backends",),
    "mlx": ("models.backends",),
    "transformers": ("models.backends",),
    "llama_cpp": ("models.backends",),
    "httpx2": ("models.hub", "models.endpoint"),
    "tokenizers": ("models",),
    "tree_sitter": ("indexer.chunk", "indexer.languages", "indexer.grounding"),
    "tree_sitter_language_pack": ("indexer.chunk", "indexer.languages"),
    "watchdog": ("indexer.watch",),
    "pygls": ("lsp",),
    "lsprotocol": ("lsp",),
    "click": ("daemon.cli",),
    "rich": ("daemon.cli",),
    "pygments": ("daemon.cli",),
    "platformdirs": ("daemon",),
}
"""Where a library may be imported; everywhere else its role is asked for, not the library."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("codeassistd", include_external_packages=True, cache_dir=None)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _is_in(module: str, package: str) -> bool:
    full = f"codeassistd.{package}"
    return module == full or module.startswith(f"{full}.")


@pytest.fixture
def loggers() -> Iterator[None]:
    """Leaves loggers as they were: import-linter configures logging, which disables those that there are."""
    before = [each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    was_disabled = [each.disabled for each in before]
    yield
    for logger, disabled in zip(before, was_disabled, strict=True):
        logger.disabled = disabled


@pytest.mark.usefixtures("loggers")
def test_import_contracts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == 0, capsys.readouterr().out


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_is_imported_in_one_place_only(graph: grimp.ImportGraph, library: str) -> None:
    importers = graph.find_modules_that_directly_import(library) if library in graph.modules else set()
    assert [name for name in importers if not any(_is_in(name, place) for place in ONLY_IN[library])] == []


def test_the_index_knows_models_by_their_roles_only(graph: grimp.ImportGraph) -> None:
    allowed = {f"codeassistd.models.{name}" for name in ("roles", "identity", "completion", "errors")}
    wrong = {
        f"{importer} -> {imported}"
        for importer in graph.modules
        if _is_in(importer, "indexer") or _is_in(importer, "lsp")
        for imported in graph.find_modules_directly_imported_by(importer)
        if _is_in(imported, "models") and imported not in allowed
    }
    assert wrong == set()


@pytest.mark.parametrize(
    "chosen", ["models.selection", "models.completer_selection", "indexer.workspace_index"]
)
def test_classes_are_chosen_in_the_composition_root_only(graph: grimp.ImportGraph, chosen: str) -> None:
    imported = f"codeassistd.{chosen}"
    runtime = {
        name
        for name in graph.find_modules_that_directly_import(imported)
        if not all(
            "TYPE_CHECKING" in _block_of_import(name, detail["line_number"])
            for detail in graph.get_import_details(importer=name, imported=imported)
        )
    }
    # A worker process is told what to load by whoever starts it, and is that process's composition root.
    assert {name for name in runtime if not _is_in(name, "models.worker")} == {
        "codeassistd.daemon.composition"
    }


def _block_of_import(module: str, line: int | None) -> str:
    """The condition under which a line of a module runs, or "" when it always does."""
    path = ROOT.joinpath(*module.split(".")[1:]).with_suffix(".py")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.If) and node.lineno < (line or 0) <= (node.body[-1].end_lineno or 0):
            return ast.unparse(node.test)
    return ""


def _printing(path: Path) -> Iterator[int]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield node.lineno
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"sys.stdout", "sys.stderr"}:
            yield node.lineno


def test_only_the_command_line_prints() -> None:
    outside = [path for path in MODULES if not _name(path).startswith("daemon/cli/")]
    assert [f"{_name(path)}:{line}" for path in outside for line in _printing(path)] == []


def test_every_package_is_in_the_wheel_and_says_what_it_is() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = set(project["tool"]["setuptools"]["packages"])
    folders = {path.parent for path in MODULES}
    found = {".".join(("codeassistd", *folder.relative_to(ROOT).parts)) for folder in folders}
    assert listed == found | {"codeassistd"}
    for folder in folders:
        first = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
        assert first, f"{_name(folder)}/__init__.py doesn't say what the folder is for"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_modules_are_short_and_documented(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_MODULE
    assert ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_names_say_what_a_module_is_about(path: Path) -> None:
    assert path.stem not in {"utils", "util", "helpers", "helper", "manager", "common", "types", "misc"}
    assert re.fullmatch(r"[a-z][a-z0-9_]*|__init__|__main__", path.stem)
