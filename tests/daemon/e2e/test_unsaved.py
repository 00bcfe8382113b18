"""Open documents are searched as they are on screen, by the session that has them open and no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from language_client import Editor, until


@pytest.fixture
def draft(project: Path, editor: Editor) -> Iterator[Path]:
    """A saved file; it goes when the test ends."""
    path = project / "src/draft.py"
    path.write_text("def original_zebra():\n    return 'stripes'\n")
    editor.wait_for_index()
    yield path
    editor.close_document(path)
    path.unlink(missing_ok=True)
    editor.wait_for_index()


def test_what_is_typed_is_found_at_once(editor: Editor, draft: Path) -> None:
    editor.open(draft)
    editor.change(draft, "def typed_okapi():\n    return 'forest'\n\n\n", 0, 0, 0, 0)
    assert editor.paths("okapi") == ["src/draft.py"]
    best = editor.search("typed_okapi")[0]
    assert best["range"]["start"]["line"] == 0
    assert "forest" in best["snippet"]
    assert "original_zebra" in editor.search("original_zebra")[0]["snippet"]
    assert editor.symbols("typed_okapi")[0] == "typed_okapi"


def test_what_is_deleted_is_not_found(editor: Editor, draft: Path) -> None:
    editor.open(draft)
    editor.change(draft, "", 0, 0, 2, 0)
    assert editor.paths("zebra") == []
    assert "original_zebra" not in editor.symbols("original_zebra")
    editor.change(draft, "def renamed_quagga():\n    pass\n")
    assert editor.paths("quagga") == ["src/draft.py"]
    assert editor.paths("zebra") == []


def test_similar_takes_lines_on_screen(editor: Editor, draft: Path, project: Path) -> None:
    editor.open(draft)
    typed = (project / "src/retry.py").read_text().replace("action", "job")
    editor.change(draft, typed)
    lines = {"start": {"line": 3, "character": 0}, "end": {"line": 10, "character": 0}}
    params = {"textDocument": {"uri": draft.as_uri()}, "range": lines}
    assert editor.request("codeassist/similar", params)["results"][0]["path"] == "src/retry.py"
    reverse = params | {"textDocument": {"uri": (project / "src/retry.py").as_uri()}}
    assert editor.request("codeassist/similar", reverse)["results"][0]["path"] == "src/draft.py"


def test_columns_count_code_units(editor: Editor, draft: Path) -> None:
    line = "name = '🦓馬🏳️‍🌈' + marsupial\n"
    editor.open(draft, "# 動物\n" + line)
    before = line[: line.index("marsupial")]
    column = len(before.encode("utf-16-le")) // 2
    editor.change(draft, "monotreme", 1, column, 1, column + len("marsupial"))
    # After an edit in the midst of wide characters, the next one still lands where it should.
    editor.change(draft, "鯨", 1, 10, 1, 11)
    editor.change(draft, "🐋海", 0, 2, 0, 4)
    found = editor.search("monotreme", mode="keyword")
    assert [hit["path"] for hit in found] == ["src/draft.py"]
    expected = "# 🐋海\n" + line.replace("馬", "鯨").replace("marsupial", "monotreme")
    assert found[0]["snippet"].rstrip("\n") == expected.rstrip("\n")


def test_another_session_sees_the_file_and_not_the_buffer(editor: Editor, other: Editor, draft: Path) -> None:
    editor.open(draft)
    editor.change(draft, "def secret_pangolin():\n    pass\n")
    assert editor.paths("pangolin") == ["src/draft.py"]
    assert other.paths("pangolin") == []
    assert "secret_pangolin" not in other.symbols("secret_pangolin")
    assert other.paths("zebra") == ["src/draft.py"]
    # The other session has the same file open, with another text.
    other.open(draft)
    other.change(draft, "def hidden_aardvark():\n    pass\n")
    assert other.paths("aardvark") == ["src/draft.py"]
    assert editor.paths("aardvark") == []
    other.close_document(draft)
    # Nor does it get into the index, which is what counts once the document is closed.
    editor.wait_for_index()
    editor.close_document(draft)
    assert editor.paths("pangolin") == []
    assert editor.paths("zebra") == ["src/draft.py"]


def test_a_save_makes_it_found_by_everybody(editor: Editor, other: Editor, draft: Path) -> None:
    editor.open(draft)
    text = "def saved_capybara():\n    return 'water'\n"
    editor.change(draft, text)
    draft.write_text(text)
    editor.notify("textDocument/didSave", {"textDocument": {"uri": draft.as_uri()}})
    until(lambda: other.paths("capybara") == ["src/draft.py"], "the save")
    editor.close_document(draft)
    until(lambda: editor.paths("capybara") == ["src/draft.py"], "the save")
    assert editor.paths("zebra") == []


def test_a_document_that_was_never_saved(editor: Editor, project: Path) -> None:
    path = project / "src/never_saved.py"
    editor.open(path, "def fresh_wombat():\n    pass\n")
    assert editor.paths("wombat") == ["src/never_saved.py"]
    editor.close_document(path)
    assert editor.paths("wombat") == []
    elsewhere = project.parent / "elsewhere.py"
    editor.open(elsewhere, "def outside_wombat():\n    pass\n")
    assert editor.paths("wombat") == []
    editor.notify(
        "textDocument/didOpen",
        {"textDocument": {"uri": "untitled:Untitled-1", "languageId": "", "version": 1, "text": "wombat"}},
    )
    assert editor.paths("wombat") == []
    editor.close_document(elsewhere)


def test_ignored_and_secret_files_stay_out_though_they_are_open(editor: Editor, project: Path) -> None:
    (project / ".gitignore").write_text("*.generated.py\n")
    names = ("kiwi.generated.py", ".env")
    for name in names:
        (project / name).write_text("KIWI = 1\n")
        editor.open(project / name, "KIWI = 'token'\n")
    editor.wait_for_index()
    assert editor.paths("kiwi") == []
    for name in names:
        editor.close_document(project / name)
        (project / name).unlink()
    (project / ".gitignore").unlink()
    editor.wait_for_index()
