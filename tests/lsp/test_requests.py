from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pygls.exceptions import JsonRpcException

from codeassistd.indexer.search.symbols import SymbolMatch
from codeassistd.lsp import methods


def _position(line: int, character: int = 0) -> dict[str, int]:
    return {"line": line, "character": character}


def test_search_gives_what_the_contract_says(daemon: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.editor() as editor:
            await editor.start(folder)
            answer = await editor.request(methods.SEARCH, {"query": "second"})
            assert answer.pop("tookMs") >= 0
            assert answer == {
                "revision": 1,
                "mode": "hybrid",
                "complete": True,
                "hasEveryFile": True,
                "chunks": 3,
                "embedded": 3,
                "results": [
                    {
                        "uri": (folder / "a.py").as_uri(),
                        "range": {"start": _position(3), "end": _position(4)},
                        "path": "a.py",
                        "language": "text",
                        "symbol": "",
                        "kind": "function",
                        "score": 0.5,
                        "scores": {"semantic": 0.5},
                        "snippet": "def second():",
                        "symbolRange": None,
                    }
                ],
            }

    asyncio.run(scenario())


def test_params_reach_the_service(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.editor() as editor:
            await editor.start(folder)
            params = {
                "query": "x",
                "limit": 3,
                "workspace": str(folder),
                "languages": ["python"],
                "paths": ["*.py"],
                "kinds": ["class"],
                "mode": "keyword",
                "rerank": False,
            }
            await editor.request(methods.SEARCH, params)
            await editor.request(methods.SEARCH, {"query": "x", "workspace": folder.as_uri()})

    asyncio.run(scenario())
    first, second = service.requests
    assert (first.query, first.limit, first.mode) == ("x", 3, "keyword")
    assert (first.where.languages, first.where.paths, first.where.kinds) == (
        ("python",),
        ("*.py",),
        ("class",),
    )
    assert (second.limit, second.mode, second.where.paths) == (10, "hybrid", ())


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, "params.query is missing; it must be a string"),
        (None, "params.query is missing"),
        ([1], "params is a list; it must be an object"),
        ({"query": 3}, "params.query is a number"),
        ({"query": "  "}, "the query is empty; say what to look for"),
        ({"query": "a", "limit": 0}, "params.limit is 0; 1 to 1,000 are allowed"),
        (
            {"query": "a", "limit": True},
            "params.limit is a boolean; it must be a whole number from 1 to 1,000",
        ),
        ({"query": "a", "mode": "magic"}, "params.mode is 'magic'; it must be one of 'hybrid'"),
        ({"query": "a", "paths": "*.py"}, "params.paths is a string; it must be a list"),
        ({"query": "a", "workspace": "/nowhere/at/all"}, "'/nowhere/at/all' is in no open folder"),
        ({"query": "a", "workspace": "relative"}, "'relative' is not an absolute path or file: URI"),
        ({"query": "a", "workspace": "file://[bad"}, "'file://[bad' is not a URI"),
        ({"query": "a", "workspace": "/nul\0"}, "is not an absolute path or file: URI"),
    ],
)
def test_wrong_params_are_errors_and_the_session_goes_on(
    daemon: Any, folder: Path, params: Any, said: str
) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            error = (await client.request(methods.SEARCH, params))["error"]
            assert error["code"] == -32602
            assert said in error["message"]
            assert error["data"]["reason"] == "invalidParams"
            assert error["data"]["hint"]
            assert "result" in await client.request(methods.SEARCH, {"query": "def"})

    asyncio.run(scenario())


def test_partial_results_come_first(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        (folder / "b.txt").write_text("needle\n" * 25)
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            params = {"query": "needle", "limit": 100, "partialResultToken": "t"}
            client.send({"jsonrpc": "2.0", "id": 7, "method": methods.SEARCH, "params": params})
            parts = [await client.receive() for _ in range(3)]
            final = await client.receive()
            assert [part["method"] for part in parts] == ["$/progress"] * 3
            assert [part["params"]["token"] for part in parts] == ["t"] * 3
            assert [len(part["params"]["value"]["results"]) for part in parts] == [10, 10, 5]
            assert final["id"] == 7
            assert final["result"]["results"] == []

    asyncio.run(scenario())


def test_several_folders_are_searched_together(daemon: Any, folder: Path) -> None:
    async def scenario() -> None:
        other = folder.with_name("other")
        other.mkdir()
        (other / "b.py").write_text("def third(): ...\n")
        async with daemon() as running, running.editor() as editor:
            await editor.start(folder, other)
            answer = await editor.request(methods.SEARCH, {"query": "def"})
            assert [result["path"] for result in answer["results"]] == ["a.py", "b.py", "a.py"]
            answer = await editor.request(methods.SEARCH, {"query": "def", "limit": 1})
            assert [result["path"] for result in answer["results"]] == ["a.py"]
            answer = await editor.request(methods.SEARCH, {"query": "def", "workspace": str(other / "b.py")})
            assert [result["path"] for result in answer["results"]] == ["b.py"]

    asyncio.run(scenario())


def test_a_folder_inside_another_gives_nothing_twice(daemon: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            inner = folder / "inner"
            inner.mkdir()
            (inner / "b.py").write_text("def third(): ...\n")
            await client.start(folder, inner)
            uri = (inner / "b.py").as_uri()
            item = {"uri": uri, "languageId": "python", "version": 1, "text": "def third(): ...\n"}
            client.send(
                {"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": item}}
            )
            found = (await client.request(methods.SEARCH, {"query": "third"}))["result"]["results"]
            assert [result["uri"] for result in found] == [uri]

    asyncio.run(scenario())


def test_similar_takes_a_range(daemon: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.editor() as editor:
            await editor.start(folder)
            params = {
                "textDocument": {"uri": (folder / "a.py").as_uri()},
                "range": {"start": _position(0, 2), "end": _position(2)},
            }
            answer = await editor.request(methods.SIMILAR, params)
            assert answer["results"][0]["range"] == {"start": _position(0), "end": _position(2)}
            assert not answer["complete"]
            params["textDocument"] = {"uri": "untitled:Untitled-1"}
            with pytest.raises(JsonRpcException, match="save the document"):
                await editor.request(methods.SIMILAR, params)

    asyncio.run(scenario())


def test_symbols_of_nested_folders_come_once(daemon: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder, folder.parent)
            await client.request("workspace/symbol", {"query": "until both are open"})
            # Both folders' own file a.py, and the inner one's once more as the outer folder has it.
            running.service.open[folder.parent].symbols = lambda *_: [
                SymbolMatch("name", "Outer", "method", path, 3, 4, 0.5)
                for path in (f"{folder.name}/a.py", "a.py")
            ]
            found = (await client.request("workspace/symbol", {"query": "name"}))["result"]
            assert sorted(each["location"]["uri"] for each in found) == sorted(
                [(folder / "a.py").as_uri(), (folder.parent / "a.py").as_uri()]
            )

    asyncio.run(scenario())


def test_symbols_of_all_folders_best_first(daemon: Any, folder: Path) -> None:
    async def scenario() -> None:
        longer = folder.with_name("a_longer_name")
        longer.mkdir()
        async with daemon() as running, running.raw() as client:
            await client.start(folder, longer)
            found = (await client.request("workspace/symbol", {"query": "name"}))["result"]
            assert found[0] == {
                "name": "name",
                "kind": 6,
                "containerName": "Outer",
                "location": {
                    "uri": (longer / "a.py").as_uri(),
                    "range": {"start": _position(2), "end": _position(4)},
                },
            }
            assert found[1]["location"]["uri"] == (folder / "a.py").as_uri()

    asyncio.run(scenario())


def test_embed_status_reindex_and_wait(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.editor() as editor:
            await editor.start(folder)
            answer = await editor.request(methods.EMBED, {"texts": ["a", "b"], "kind": "query"})
            assert answer == {"model": "tiny", "dimensions": 4, "embeddings": [[0.5] * 4] * 2}
            assert await editor.request(methods.WAIT_FOR_INDEX) == {"revision": 1}
            answer = await editor.request(methods.REINDEX, {"full": True})
            assert answer == {"workspaces": [str(folder)]}
            assert service.open[folder].reindexed == [True]
            status = await editor.request(methods.STATUS)
            assert status["workspaces"][0]["root"] == str(folder)
            assert status["models"][0]["idleSeconds"] is None
            assert status["errors"] == ["one"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("method", "params", "said"),
    [
        ("workspace/symbol", {"query": None}, "params.query is missing; it must be a string"),
        ("workspace/symbol", {}, "params.query is missing"),
        ("workspace/symbol", None, "params.query is missing"),
        ("workspace/symbol", {"query": 3}, "params.query is no string"),
        ("workspace/executeCommand", {"command": None}, "params.command is missing"),
    ],
)
def test_members_that_lsp_requires_must_be_strings(
    daemon: Any, folder: Path, method: str, params: Any, said: str
) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            answer = await client.request(method, params)
            assert answer["error"]["code"] == -32602
            assert said in answer["error"]["message"]
            assert (await client.request("workspace/symbol", {"query": ""}))["result"]

    asyncio.run(scenario())


def test_an_index_request_tells_where_it_is_and_what_was_done(daemon: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            params = {"workspace": str(folder), "full": True, "workDoneToken": 7}
            client.send({"jsonrpc": "2.0", "id": 7, "method": methods.INDEX, "params": params})
            told = [await client.receive() for _ in range(2)]
            answer = await client.receive()
            assert answer["result"]["reports"] == [
                {
                    "workspace": str(folder),
                    "revision": 1,
                    "model": "tiny",
                    "files": {
                        "seen": 3,
                        "indexed": 2,
                        "unchanged": 0,
                        "pending": 0,
                        "removed": 0,
                        "skipped": {"too_large": 1},
                        "unreadable": [],
                    },
                    "chunks": {"total": 3, "embedded": 2, "reused": 1, "pending": 0},
                    "seconds": {"total": 0.5},
                    "rebuilt": "",
                }
            ]
            assert [message["params"]["token"] for message in told] == [7, 7]
            begin, end = (message["params"]["value"] for message in told)
            assert end == {"kind": "end"}
            assert begin == {
                "kind": "begin",
                "title": f"Indexing {folder.name}",
                "message": "reading: 1 of 2 files",
                "percentage": 12,
                "workspace": str(folder),
                "phase": "chunk",
                "done": 1,
                "total": 2,
                "unit": "files",
                "detail": "",
            }
            client.send({"jsonrpc": "2.0", "id": 8, "method": methods.INDEX})
            quiet = await client.receive()  # no progress, for there is no token
            assert quiet["result"]["reports"][0]["files"]["indexed"] == 0

    asyncio.run(scenario())


def test_passages_are_reranked(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.editor() as editor:
            await editor.start(folder)
            asked = {"query": "a", "passages": ["b", "aa", "a", "", "a\ud800"]}
            answer = await editor.request(methods.RERANK, asked)
            assert answer["model"] == "counting"
            assert [(each["index"], each["score"]) for each in answer["results"]] == [
                (1, 0.2), (2, 0.1), (4, 0.1), (0, 0.0), (3, 0.0)
            ]  # fmt: skip
            assert "text" not in answer["results"][0] or answer["results"][0]["text"] is None
            answer = await editor.request(methods.RERANK, asked | {"topK": 1, "returnDocuments": True})
            assert [each["text"] for each in answer["results"]] == ["aa"]
            empty = await editor.request(methods.RERANK, {"query": "", "passages": []})
            assert empty["results"] == []
            await editor.request(methods.SEARCH, {"query": "first", "rerank": True})
            assert service.requests[-1].rerank is True

    asyncio.run(scenario())


def test_commands_do_what_the_methods_do(daemon: Any, service: Any, folder: Path) -> None:
    async def run(client: Any, command: str, *arguments: Any) -> Any:
        params = {"command": command, "arguments": list(arguments)}
        answer = await client.request("workspace/executeCommand", params)
        return answer.get("result") or answer["error"]["message"]

    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            capabilities = (await client.start(folder))["result"]["capabilities"]
            assert set(capabilities["executeCommandProvider"]["commands"]) == {
                method.command for method in methods.METHODS if method.command
            }
            assert len((await run(client, "codeassist.search", {"query": "first"}))["results"]) == 1
            assert len((await run(client, "codeassist.search", "first"))["results"]) == 1
            assert (await run(client, "codeassist.status"))["pid"] == 1
            assert "workspaces" in await run(client, "codeassist.reindex")
            assert "takes one argument" in await run(client, "codeassist.search", 1, 2)
            assert "params is a number" in await run(client, "codeassist.search", 1)
            assert "there are: codeassist.applyAction" in await run(client, "nothing")

    asyncio.run(scenario())


def test_cancelled_requests_stop_the_work(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        service.may_go.clear()
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            client.send({"jsonrpc": "2.0", "id": 1, "method": methods.SEARCH, "params": {"query": "def"}})
            await asyncio.to_thread(service.standing.acquire)
            client.send({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 1}})
            answer = await client.receive()
            assert (answer["id"], answer["error"]["code"]) == (1, -32800)
            assert answer["error"]["data"] == {"reason": "cancelled", "hint": ""}
            await running.until(lambda: service.given_up == 1)

    asyncio.run(scenario())


def test_waiting_for_the_index_leaves_threads_for_searches(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        service.may_go.clear()
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            for number in range(50):
                client.send({"jsonrpc": "2.0", "id": number, "method": methods.WAIT_FOR_INDEX})
            answer = await client.request(methods.STATUS, id_="status")
            assert answer["result"]["pid"] == 1
            service.may_go.set()
            answers = [await client.receive() for _ in range(50)]
            assert {each["id"] for each in answers} == set(range(50))

    asyncio.run(scenario())


def test_a_defect_is_one_failed_request(
    daemon: Any, service: Any, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            service.defect = True
            error = (await client.request(methods.SEARCH, {"query": "def"}))["error"]
            assert error["code"] == -32603
            assert error["data"]["reason"] == "internalError"
            assert "secret" not in error["message"]
            service.defect = False
            assert "result" in await client.request(methods.SEARCH, {"query": "def"})

    asyncio.run(scenario())
    assert "codeassist/search failed" in caplog.text
