"""What editors ask of an index, whichever way they are served."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from language_client import Editor, LspError

from codeassistd import __version__


def test_initialize_answers_with_what_is_served(editor: Editor) -> None:
    answer = editor.initialized
    assert answer["serverInfo"] == {"name": "codeassistd", "version": __version__}
    capabilities = answer["capabilities"]
    assert capabilities["positionEncoding"] == "utf-16"
    assert capabilities["textDocumentSync"]["openClose"] is True
    assert capabilities["textDocumentSync"]["change"] == 2
    assert capabilities["workspaceSymbolProvider"]
    assert capabilities["workspace"]["workspaceFolders"]["supported"]
    assert "codeassist.search" in capabilities["executeCommandProvider"]["commands"]


@pytest.mark.parametrize(
    ("query", "mode", "path", "symbol"),
    [
        ("wait longer after every failed attempt", "hybrid", "src/retry.py", "call_with_backoff"),
        ("how much does the customer pay", "semantic", "src/basket.ts", "Basket.totalPrice"),
        ("minutes seconds split", "keyword", "src/retry.py", "parse_duration"),
        ("totalPrice", "hybrid", "src/basket.ts", "Basket.totalPrice"),
        ("parse_duration", "hybrid", "src/retry.py", "parse_duration"),
    ],
)
def test_code_is_found_by_meaning_words_and_name(
    editor: Editor, project: Path, query: str, mode: str, path: str, symbol: str
) -> None:
    best = editor.search(query, mode=mode)[0]
    assert best["path"] == path
    assert best["uri"] == (project / path).as_uri()
    start, end = best["range"]["start"], best["range"]["end"]
    lines = (project / path).read_text().split("\n")
    assert "\n".join(lines[start["line"] : end["line"]]) == best["snippet"].rstrip("\n")
    assert symbol.rpartition(".")[2] in best["snippet"]
    assert start["character"] == end["character"] == 0


def test_filters_and_limits(editor: Editor) -> None:
    assert {hit["language"] for hit in editor.search("price", languages=["typescript"])} == {"typescript"}
    assert {hit["path"] for hit in editor.search("price", paths=["docs/*"])} <= {"docs/guide.md"}
    assert {hit["kind"] for hit in editor.search("retry", kinds=["function"])} == {"function"}
    assert len(editor.search("price", limit=1)) == 1


def test_similar_code(editor: Editor, project: Path) -> None:
    lines = {"start": {"line": 3, "character": 0}, "end": {"line": 10, "character": 0}}
    twin = project / "src/twin.py"
    twin.write_text((project / "src/retry.py").read_text().replace("action", "task"))
    editor.wait_for_index()
    params = {"textDocument": {"uri": (project / "src/retry.py").as_uri()}, "range": lines}
    assert editor.request("codeassist/similar", params)["results"][0]["path"] == "src/twin.py"
    twin.unlink()
    editor.wait_for_index()
    found = editor.request("codeassist/similar", params)["results"]
    assert "src/twin.py" not in [hit["path"] for hit in found]

    # Where the cursor is after the last line was typed.
    retry = project / "src/retry.py"
    editor.open(retry)
    last = retry.read_text().count("\n")
    params["range"] = {"start": {"line": last, "character": 0}, "end": {"line": last + 1, "character": 0}}
    assert editor.request("codeassist/similar", params)["results"]


def test_workspace_symbols(editor: Editor, project: Path) -> None:
    found = editor.request("workspace/symbol", {"query": "totalPrice"})[0]
    assert (found["name"], found["containerName"]) == ("totalPrice", "Basket")
    assert found["location"]["uri"] == (project / "src/basket.ts").as_uri()
    assert found["location"]["range"]["start"]["line"] in {3, 4}
    assert editor.symbols("parseDur")[0] == "parse_duration"


def test_commands_do_what_the_methods_do(editor: Editor, project: Path) -> None:
    def run(command: str, *arguments: object) -> object:
        params = {"command": command, "arguments": list(arguments)}
        return editor.request("workspace/executeCommand", params)

    by_method = editor.search("restart the service")
    by_command = run("codeassist.search", {"query": "restart the service"})
    assert isinstance(by_command, dict)
    assert by_command["results"] == by_method
    assert run("codeassist.reindex") == {"workspaces": [str(project)]}
    with pytest.raises(LspError, match="there are: codeassist"):
        run("nothing")


def test_partial_results(editor: Editor) -> None:
    whole = editor.search("price of goods", limit=3)
    params = {"query": "price of goods", "limit": 3, "partialResultToken": "parts"}
    answer = editor.request("codeassist/search", params)
    assert answer["results"] == []
    parts = [told for told in editor.named("$/progress") if told["token"] in params.values()]
    hits = [hit for part in parts for hit in part["value"]["results"]]
    # Not the scores: once an index is searched a lot, they are worked out in memory, with other roundings.
    assert [(hit["uri"], hit["range"]) for hit in hits] == [(hit["uri"], hit["range"]) for hit in whole]


def test_embed(editor: Editor) -> None:
    texts = ["retry a request", "try a request again", "bake bread"]
    answer = editor.request("codeassist/embed", {"texts": texts, "kind": "query"})
    first, second, third = answer["embeddings"]
    assert len(first) == answer["dimensions"]
    assert math.hypot(*first) == pytest.approx(1, abs=1e-3)
    close, far = (sum(map(float.__mul__, first, one)) for one in (second, third))
    assert close > far
    nothing = editor.request("codeassist/embed", {"texts": [], "kind": "document"})
    assert nothing["embeddings"] == []


def test_status(editor: Editor, project: Path) -> None:
    editor.wait_for_index()
    status = editor.request("codeassist/status")
    own = next(one for one in status["workspaces"] if one["root"] == str(project))
    assert (own["pending"], own["problem"], own["watch"]) == (0, "", "native")
    assert own["files"] == len([path for path in project.rglob("*") if path.is_file()])
    assert status["version"] == __version__
    assert [model["state"] for model in status["models"]] == ["loaded"]


@pytest.mark.parametrize(
    ("method", "params", "code", "says"),
    [
        ("codeassist/search", {}, -32602, "query"),
        ("codeassist/search", {"query": 7}, -32602, "query"),
        ("codeassist/search", {"query": "x", "limit": 0}, -32602, "limit"),
        ("codeassist/search", {"query": "x", "mode": "psychic"}, -32602, "mode"),
        ("codeassist/search", {"query": "x", "workspace": "/nowhere"}, -32602, "nowhere"),
        ("codeassist/search", [1], -32602, "params is a list"),
        ("codeassist/similar", {"textDocument": {"uri": "file:///x.py"}}, -32602, "range"),
        ("codeassist/embed", {"texts": "x", "kind": "query"}, -32602, "texts"),
        ("workspace/symbol", {}, -32602, "query"),
        ("workspace/symbol", {"query": None}, -32602, "query"),
        ("codeassist/guess", {}, -32601, "codeassist/guess"),
        ("textDocument/hover", {}, -32601, "textDocument/hover"),
        ("initialize", {"capabilities": {}}, -32600, "initialized already"),
        ("textDocument/didOpen", {}, -32600, "is a notification"),
    ],
)
def test_what_is_wrong_is_said_and_the_session_goes_on(
    editor: Editor, method: str, params: object, code: int, says: str
) -> None:
    with pytest.raises(LspError, match=says) as failed:
        editor.request(method, params)
    assert failed.value.code == code
    assert set(failed.value.data) == {"reason", "hint"}
    assert editor.search("parse_duration")


def test_a_request_can_be_cancelled(editor: Editor) -> None:
    number = editor.send("codeassist/embed", {"texts": ["many words " * 50] * 2_000, "kind": "document"})
    editor.notify("$/cancelRequest", {"id": number})
    with pytest.raises(LspError, match="cancelled") as failed:
        editor.result(number)
    assert failed.value.code == -32800
    assert editor.search("parse_duration")
