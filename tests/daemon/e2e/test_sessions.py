"""How sessions begin and end, and what they may change while they last."""

from __future__ import annotations

from pathlib import Path

import pytest
from home import Transport
from language_client import Editor, LspError, until


def test_a_session_from_hello_to_goodbye(newcomer: Editor, folder: Path, transport: Transport) -> None:
    with pytest.raises(LspError, match="send initialize first") as failed:
        newcomer.request("codeassist/search", {"query": "x"})
    assert failed.value.code == -32002
    newcomer.start()
    with pytest.raises(LspError, match="no folder is open"):
        newcomer.search("x")
    assert newcomer.request("shutdown") is None
    with pytest.raises(LspError, match="shut down") as failed:
        newcomer.request("codeassist/status")
    assert failed.value.code == -32600
    newcomer.notify("exit")
    assert newcomer.has_ended.wait(20)
    if newcomer.process is not None:
        assert newcomer.process.wait(20) == 0


def test_the_encoding_of_positions_is_agreed_on(newcomer: Editor, project: Path) -> None:
    newcomer.start(project, capabilities={"general": {"positionEncodings": ["utf-8", "utf-16"]}})
    assert newcomer.initialized["capabilities"]["positionEncoding"] == "utf-8"
    path = project / "wide.py"
    newcomer.open(path, "name = '馬' + marsupial\n")
    column = len("name = '馬' + ".encode())
    newcomer.change(path, "monotreme", 0, column, 0, column + len("marsupial"))
    newcomer.wait_for_index()
    assert newcomer.search("monotreme", mode="keyword")[0]["snippet"].rstrip() == "name = '馬' + monotreme"


def test_progress_and_settings_of_a_new_workspace(newcomer: Editor, folder: Path, project: Path) -> None:
    for number in range(150):
        lines = "\n".join(f"    total_{line} = read({number}, {line})" for line in range(20))
        (folder / f"module_{number}.py").write_text(f"def function_{number}():\n{lines}\n")
    newcomer.answers["workspace/configuration"] = [{"index": {"exclude": ["module_1*.py"]}}]
    capabilities = {"window": {"workDoneProgress": True}, "workspace": {"configuration": True}}
    newcomer.start(folder, capabilities=capabilities)
    newcomer.wait_for_index()

    def reports() -> list[dict[str, object]]:
        return [told["value"] for told in newcomer.named("$/progress")]

    until(lambda: reports() and reports()[-1]["kind"] == "end", "the end of the progress")
    created = {params["token"] for params in newcomer.named("window/workDoneProgress/create")}
    assert {told["token"] for told in newcomer.named("$/progress")} == created
    assert reports()[0]["kind"] == "begin"
    assert reports()[0]["title"] == "Indexing own"
    percentages: dict[str, list[int]] = {}
    for told in newcomer.named("$/progress"):
        percentages.setdefault(told["token"], []).append(told["value"].get("percentage", 100))
    assert all(shown == sorted(shown) for shown in percentages.values())

    def modules() -> set[str]:
        return {path for path in newcomer.paths("read", limit=1000) if path.startswith("module_")}

    kept = {f"module_{number}.py" for number in range(150) if not str(number).startswith("1")}
    until(lambda: modules() == kept, "leaving out files")
    newcomer.notify("workspace/didChangeConfiguration", {"settings": {"codeassistd": {"index": {}}}})


def test_folders_come_and_go(editor: Editor, folder: Path, project: Path) -> None:
    (folder / "extra.py").write_text("def bandicoot():\n    pass\n")
    editor.change_folders(added=(folder,))
    editor.wait_for_index()
    hit = editor.search("bandicoot", mode="keyword")[0]
    assert hit["uri"] == (folder / "extra.py").as_uri()
    roots = {hit["uri"].removesuffix("src/retry.py") for hit in editor.search("call_with_backoff", limit=2)}
    assert roots == {f"{folder.as_uri()}/", f"{project.as_uri()}/"}
    only = editor.search("call_with_backoff", workspace=str(folder))
    assert all(hit["uri"].startswith(folder.as_uri()) for hit in only)
    editor.change_folders(removed=(folder,))
    assert editor.paths("bandicoot") == []
    with pytest.raises(LspError, match="no open folder"):
        editor.search("bandicoot", workspace=str(folder))
    editor.change_folders(added=(folder / "nowhere",))
    assert editor.paths("parse_duration") == ["src/retry.py"]
    editor.change_folders(removed=(folder / "nowhere",))


def test_settings_of_the_editor_count_at_once(editor: Editor) -> None:
    def configure(settings: object) -> None:
        editor.notify("workspace/didChangeConfiguration", {"settings": {"codeassistd": settings}})

    configure({"index": {"exclude": ["docs/"]}})
    until(lambda: editor.wait_for_index() and editor.paths("archive") == [], "leaving out the folder")
    assert editor.paths("parse_duration") == ["src/retry.py"]
    configure({"index": {"exclude": 5}})
    until(lambda: editor.named("window/showMessage"), "the complaint")
    assert "index.exclude" in editor.named("window/showMessage")[0]["message"]
    configure({})
    until(lambda: editor.wait_for_index() and editor.paths("archive") == ["docs/guide.md"], "taking it in")


def test_settings_of_the_workspace_count_at_once(editor: Editor, project: Path) -> None:
    settings = project / "codeassistd.toml"
    settings.write_text('[index]\nexclude = ["docs/"]\n')
    until(lambda: editor.paths("archive", paths=["docs/**"]) == [], "leaving out the folder")
    settings.write_text("[index]\nexclude = 7\n")
    until(lambda: editor.paths("archive", paths=["docs/**"]), "taking it in")
    errors = editor.request("codeassist/status")["errors"]
    assert any("index.exclude" in error for error in errors)
    settings.unlink()
    editor.wait_for_index()
