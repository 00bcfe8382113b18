from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pygls.exceptions import JsonRpcException

from codeassistd import __version__
from codeassistd.indexer.pipeline.report import Progress
from codeassistd.lsp import methods


def test_initialize_says_what_is_served(daemon: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            result = (await client.start(folder))["result"]
            assert result["serverInfo"] == {"name": "codeassistd", "version": __version__}
            capabilities = result["capabilities"]
            assert capabilities["textDocumentSync"]["openClose"] is True
            assert capabilities["textDocumentSync"]["change"] == 2
            assert capabilities["workspaceSymbolProvider"]
            assert capabilities["workspace"]["workspaceFolders"]["changeNotifications"]
            assert capabilities["positionEncoding"] == "utf-16"

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("offered", "chosen"), [(["utf-8", "utf-16"], "utf-8"), (["utf-32"], "utf-32"), (["utf-7"], "utf-16")]
)
def test_the_position_encoding_is_agreed_on(daemon: Any, offered: list[str], chosen: str) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            params = {"processId": None, "capabilities": {"general": {"positionEncodings": offered}}}
            result = (await client.request("initialize", {**params, "rootUri": None}))["result"]
            assert result["capabilities"]["positionEncoding"] == chosen

    asyncio.run(scenario())


def test_initialize_does_not_wait_for_workspaces(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        service.may_open.clear()
        async with daemon() as running, running.editor() as editor:
            await editor.start(folder)
            asked = asyncio.create_task(editor.request(methods.SEARCH, {"query": "def"}))
            assert (await editor.request(methods.STATUS))["workspaces"] == []
            assert not asked.done()
            service.may_open.set()
            assert len((await asked)["results"]) == 2

    asyncio.run(scenario())


@pytest.mark.parametrize("how", ["rootUri", "rootPath"])
def test_older_clients_name_one_root(daemon: Any, service: Any, folder: Path, how: str) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.editor() as editor:
            root = folder.as_uri() if how == "rootUri" else str(folder)
            await editor.start(**{how: root, "workspaceFolders": None})
            await editor.request(methods.SEARCH, {"query": "def"})
            assert list(service.open) == [folder]

    asyncio.run(scenario())


def test_folders_come_and_go(daemon: Any, service: Any, folder: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        link = tmp_path / "link"
        link.symlink_to(folder)
        async with daemon() as running, running.raw() as client:
            await client.start()
            error = (await client.request(methods.SEARCH, {"query": "def"}))["error"]
            assert (error["code"], error["message"]) == (
                -32803,
                "no folder is open; open a folder, then ask again",
            )

            def change(added: list[Path], removed: list[Path]) -> dict[str, Any]:
                event = {
                    "added": [{"uri": each.as_uri(), "name": ""} for each in added],
                    "removed": [{"uri": each.as_uri(), "name": ""} for each in removed],
                }
                method = "workspace/didChangeWorkspaceFolders"
                return {"jsonrpc": "2.0", "method": method, "params": {"event": event}}

            client.send(change([folder, link], []))
            params = {"query": "first", "workspace": str(link)}
            answer = await client.request(methods.SEARCH, params)
            assert answer["result"]["results"][0]["uri"] == (link / "a.py").as_uri()
            assert list(service.open) == [folder]
            client.send(change([], [folder]))
            assert "result" in await client.request(methods.SEARCH, {"query": "first"})
            client.send(change([], [link]))
            assert "error" in await client.request(methods.SEARCH, {"query": "first"})

    asyncio.run(scenario())


def test_a_refused_folder_says_why_in_each_answer(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        service.refused.add(folder)
        async with daemon() as running, running.editor() as editor:
            await editor.start(folder)
            for _ in range(2):
                with pytest.raises(JsonRpcException, match="is too large; open a folder in it") as caught:
                    await editor.request(methods.SEARCH, {"query": "def"})
                assert caught.value.code == -32803
            told = await editor.until(lambda: editor.named("window/logMessage"))
            assert "is too large" in told[0].message
            assert len(editor.named("window/logMessage")) == 1
            assert editor.named("window/showMessage") == []
            service.refused.clear()
            assert (await editor.request(methods.SEARCH, {"query": "def"}))["results"]

    asyncio.run(scenario())


def test_settings_of_initialize_and_changed_ones(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.editor() as editor:
            options = {"search": {"limit": 5}, "codeassistd.model.threads": 2}
            await editor.start(
                folder, initializationOptions={**options, "codeassistd": {"search": {"limit": 5}}}
            )

            def change(settings: Any) -> None:
                from lsprotocol.types import DidChangeConfigurationParams

                editor.notify("workspace/didChangeConfiguration", DidChangeConfigurationParams(settings))

            change({"codeassistd": {"search": {"limit": 7}}, "python": {"x": 1}})
            change({"codeassistd": {"wrong": {"key": 1}}})
            told = await editor.until(lambda: editor.named("window/showMessage"))
            assert "there is no setting wrong.key; see" in told[0].message

    asyncio.run(scenario())
    assert service.settings == [
        {"search.limit": 5, "model.threads": 2},
        {"search.limit": 7, "model.threads": 2},
    ]


def test_settings_are_fetched_from_clients_that_offer_it(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.editor() as editor:
            editor.answers["workspace/configuration"] = [{"search": {"mode": "keyword", "limit": None}}]
            changes = {"dynamicRegistration": True}
            capabilities = {"workspace": {"configuration": True, "didChangeConfiguration": changes}}
            await editor.start(folder, capabilities=capabilities)
            await editor.until(lambda: service.settings)
            assert editor.named("workspace/configuration")[0].items[0].section == "codeassistd"
            await editor.until(lambda: editor.named("client/registerCapability"))

    asyncio.run(scenario())
    assert service.settings == [{"search.mode": "keyword"}]


def test_progress_is_shown_to_clients_that_can_show_it(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.editor() as editor, running.editor() as plain_editor:
            await editor.start(folder, capabilities={"window": {"workDoneProgress": True}})
            await editor.request(methods.WAIT_FOR_INDEX)
            listener = service.listeners[folder]
            await asyncio.to_thread(listener.progress, folder, Progress("scan", 0, None))
            values = await editor.until(lambda: editor.named("$/progress"))
            assert values[0].value["kind"] == "begin"
            assert values[0].value["title"] == "Indexing project"
            assert [name for name, _ in editor.told].index("window/workDoneProgress/create") == 0
            await asyncio.to_thread(listener.progress, folder, Progress("embed", 10, 20, "chunks"))
            values = await editor.until(lambda: editor.named("$/progress")[1:])
            assert values[0].value == {
                "kind": "report",
                "message": "embedding: 10 of 20 chunks",
                "percentage": 62,
            }
            await asyncio.to_thread(listener.progress, folder, None)
            values = await editor.until(lambda: editor.named("$/progress")[2:])
            assert values[0].value == {"kind": "end"}
            assert len({value.token for value in editor.named("$/progress")}) == 1
            await asyncio.to_thread(listener.progress, folder, Progress("scan", 0, None))
            await editor.until(lambda: len(editor.named("window/workDoneProgress/create")) == 2)

            assert plain_editor.told == []

    asyncio.run(scenario())


def test_no_progress_for_clients_that_refuse_or_cannot(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        for capabilities in ({"window": {"workDoneProgress": True}}, {}):
            async with daemon() as running, running.editor() as editor:
                editor.refuses.add("window/workDoneProgress/create")
                await editor.start(folder, capabilities=capabilities)
                await editor.request(methods.WAIT_FOR_INDEX)
                listener = service.listeners[folder]
                for done in range(20):
                    listener.progress(folder, Progress("chunk", done, 20))
                    await asyncio.sleep(0.002)
                listener.progress(folder, None)
                listener.index_changed(folder, 9)
                await editor.until(lambda editor=editor: editor.named(methods.INDEX_CHANGED))
                assert editor.named("$/progress") == []
                assert len(editor.named("window/workDoneProgress/create")) == len(capabilities)

    asyncio.run(scenario())


def test_a_new_revision_is_told_after_initialized(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            await client.request(methods.WAIT_FOR_INDEX)
            for revision in range(5):
                service.listeners[folder].index_changed(folder, revision)
            assert (await client.request(methods.STATUS))["id"] == 1
            client.send({"jsonrpc": "2.0", "method": "initialized", "params": {}})
            told = await client.receive()
            assert told["method"] == methods.INDEX_CHANGED
            assert told["params"] == {"workspace": str(folder), "revision": 4}

    asyncio.run(scenario())


def test_a_session_goes_through_its_phases(daemon: Any, folder: Path) -> None:
    async def code(client: Any, method: str, params: Any = None) -> int:
        return (await client.request(method, params))["error"]["code"]

    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            assert await code(client, methods.STATUS) == -32002
            assert await code(client, "initialize", {"capabilities": 3}) == -32602
            assert await code(client, "initialize", {"capabilities": {}, "rootUri": "file://["}) == -32602
            await client.start(folder)
            assert await code(client, "initialize", {"capabilities": {}}) == -32600
            assert await code(client, "no/such/method") == -32601
            assert (await client.request("shutdown"))["result"] is None
            assert await code(client, methods.STATUS) == -32600
            client.send({"jsonrpc": "2.0", "method": "exit"})
            assert await client.receive() is None

    asyncio.run(scenario())


def test_shutdown_gives_up_what_is_under_way(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        service.may_go.clear()
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            client.send({"jsonrpc": "2.0", "id": 5, "method": methods.SEARCH, "params": {"query": "a"}})
            await asyncio.to_thread(service.standing.acquire)
            client.send({"jsonrpc": "2.0", "id": 6, "method": "shutdown"})
            answers = {answer["id"]: answer for answer in [await client.receive(), await client.receive()]}
            assert answers[5]["error"]["code"] == -32800
            assert answers[6]["result"] is None

    asyncio.run(scenario())
