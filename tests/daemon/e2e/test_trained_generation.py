"""A model that knows a few functions by heart: what it writes shows that it was asked in the right way."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from home import Home, living
from language_client import Editor

DATA = Path(__file__).parents[2] / "data" / "generation"
SETTINGS = """
[generation]
model = "{model}"
temperature = 0.0
[completion]
context_ms = 0.0
debounce_ms = 0.0
prompt_tokens = 2048
"""
EXPLANATION = "Splits an amount of cents so that shares differ by one at most."
KNOWN = "share, rest = divmod(cents, people)"


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> Iterator[Home]:
    with living(tmp_path_factory.mktemp("learned"), model_cache) as home:
        settings = SETTINGS.format(model=(DATA / "tiny-coder.gguf").as_posix())
        (home.folder / "config.toml").write_text(settings)
        home.run("start")
        yield home


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA / "corpus", tmp_path.resolve() / "corpus"))


def lines_of(corpus: Path) -> str:
    """Where split_evenly stands in its file."""
    rows = (corpus / "ledger.py").read_text().split("\n")
    first = rows.index("def split_evenly(cents, people):") + 1
    return f"{first}-{first + 2}"


def test_an_instruction_reaches_the_model_with_the_selected_function(learned: Home, corpus: Path) -> None:
    lines = f"{corpus}/ledger.py:{lines_of(corpus)}"
    where = ("--file", lines, "--no-context", "--workspace", corpus)
    explained = learned.json("generate", "Explain this code", *where)
    assert explained["text"].strip() == f"`split_evenly`: {EXPLANATION}"
    assert explained["finish_reason"] == "stop"


def test_code_comes_without_its_fence_and_ends_as_the_selection_does(learned: Home, corpus: Path) -> None:
    lines = f"{corpus}/ledger.py:{lines_of(corpus)}"
    where = ("--file", lines, "--no-context", "--workspace", corpus)
    documented = learned.json("generate", "Add a docstring", "--code", *where)["text"]
    rows = documented.split("\n")
    assert rows[0] == "def split_evenly(cents, people):"
    assert rows[1] == f'    """{EXPLANATION}"""'
    assert rows[2:] == [f"    {KNOWN}", "    return [share + 1] * rest + [share] * (people - rest)", ""]


def uses_of(editor: Editor) -> list[int]:
    """How often the model that writes was asked."""
    models = editor.request("codeassist/status")["models"]
    return [model["uses"] for model in models if model["role"] == "generate"]


def test_what_is_missing_is_filled_in_on_screen_and_typing_along_costs_nothing(
    learned: Home, corpus: Path
) -> None:
    path = corpus / "ledger.py"
    whole = path.read_text()
    line = whole[: whole.index(KNOWN)].count("\n")
    editor: Editor = learned.connect("socket")
    editor.start(corpus)
    editor.wait_for_index()
    editor.open(path, whole.replace(KNOWN, ""))
    place = {"textDocument": {"uri": path.as_uri()}, "position": {"line": line, "character": 4}}
    items = editor.request("codeassist/inlineCompletion", {**place, "context": {"triggerKind": 1}})["items"]
    assert [item["insertText"] for item in items] == [KNOWN]

    uses = uses_of(editor)
    editor.change(path, KNOWN[:5], line, 4, line, 4)
    place["position"] = {"line": line, "character": 9}
    items = editor.request("codeassist/inlineCompletion", {**place, "context": {"triggerKind": 1}})["items"]
    assert [item["insertText"] for item in items] == [KNOWN[5:]]
    assert uses_of(editor) == uses
    editor.leave()


@pytest.fixture
def editor(learned: Home, corpus: Path) -> Iterator[Editor]:
    editor = learned.connect("socket")
    editor.start(corpus)
    editor.wait_for_index()
    yield editor
    editor.leave()


def offered(editor: Editor, path: Path, text: str, offset: int) -> list[str]:
    """What is offered at a place of a text that is on screen."""
    editor.open(path, text)
    line, start = text.count("\n", 0, offset), text.rfind("\n", 0, offset) + 1
    place = {
        "textDocument": {"uri": path.as_uri()},
        "position": {"line": line, "character": offset - start},
        "context": {"triggerKind": 1},
    }
    items = editor.request("codeassist/inlineCompletion", place)["items"]
    editor.close_document(path)
    return [item["insertText"] for item in items]


WHOLE_BODIES = [
    ("text.py", "for word in text.lower().split():\n        counts[word] = counts.get(word, 0) + 1"),
    ("numbers.go", "for b != 0 {\n\t\ta, b = b, a%b\n\t}\n\treturn a"),
]


@pytest.mark.parametrize(("name", "middle"), WHOLE_BODIES)
def test_several_missing_lines_are_offered_together(
    editor: Editor, corpus: Path, name: str, middle: str
) -> None:
    before, _, after = (corpus / name).read_text().partition(middle)
    assert offered(editor, corpus / name, before + after, len(before)) == [middle]


def test_what_stands_behind_the_cursor_already_is_not_offered_again(editor: Editor, corpus: Path) -> None:
    whole = (corpus / "text.py").read_text()
    for line in ("counts[word] = ", "letters = [letter"):
        assert offered(editor, corpus / "text.py", whole, whole.index(line)) == []


@pytest.mark.parametrize("number", ["31", "407", "8265"])
def test_what_another_file_says_is_offered(learned: Home, tmp_path: Path, number: str) -> None:
    folder = tmp_path.resolve() / "tools"
    folder.mkdir()
    (folder / "limits.py").write_text(f"LIMIT = {number}\n")
    text = "from limits import LIMIT\n\n\ndef test_limit():\n    assert LIMIT == \n"
    (folder / "main.py").write_text(text)
    where = ("--fim", f"{folder / 'main.py'}:5:21", "--workspace", folder)
    learned.run("index", folder)
    assert learned.json("generate", *where)["text"] == number
    assert learned.json("generate", *where, "--no-context")["text"] != number
