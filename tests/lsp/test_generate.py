from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from codeassistd.lsp import methods
from codeassistd.lsp.session import Timing
from codeassistd.models.errors import CodeassistdError


def _range(start: tuple[int, int], end: tuple[int, int]) -> dict[str, Any]:
    return {
        "start": {"line": start[0], "character": start[1]},
        "end": {"line": end[0], "character": end[1]},
    }


def test_generate_gives_what_the_contract_says(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            uri = client.open(folder / "a.py", 'x = "😀"\ny = 2\n')
            params = {
                "instruction": "rename x",
                "textDocument": {"uri": uri, "version": 1},
                "range": _range((0, 5), (0, 7)),
                "context": False,
                "maxTokens": 50,
                "answer": "code",
            }
            answer = (await client.request(methods.GENERATE, params))["result"]
            assert answer == {
                "text": "def written():\n    pass\n",
                "finishReason": "stop",
                "sources": [{"uri": uri, "range": _range((3, 0), (5, 0))}],
                "usage": {
                    "promptTokens": 7,
                    "cachedTokens": 3,
                    "completionTokens": 5,
                    "promptMs": 250.0,
                    "completionMs": 500.0,
                    "isTrimmed": False,
                    "promptBudget": 0,
                },
                "model": "tiny",
                "endpoint": "models.example",
                "prompt": None,
            }

    asyncio.run(scenario())
    (request,) = service.generation.requests
    assert (request.instruction, request.answer, request.path) == ("rename x", "code", "a.py")
    assert (request.language, request.max_tokens, request.use_context) == ("python", 50, False)
    assert request.text[request.start : request.end] == "😀"
    assert service.generation.unsaved == {"a.py": 'x = "😀"\ny = 2\n'}


def test_a_dry_run_shows_the_prompt(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        service.generation.error = CodeassistdError("no model that writes is set up", "pull one")
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            answer = (await client.request(methods.GENERATE, {"instruction": "a", "dryRun": True}))["result"]
            assert (answer["text"], answer["prompt"], answer["finishReason"]) == ("", "<a>", "dryRun")
            error = (await client.request(methods.GENERATE, {"instruction": "a"}))["error"]
            assert error["message"] == "no model that writes is set up; pull one"

    asyncio.run(scenario())


def test_what_belongs_at_a_place_is_written_without_an_instruction(
    daemon: Any, service: Any, folder: Path
) -> None:
    async def scenario() -> None:
        place = {"line": 0, "character": 1}
        params = {
            "instruction": "",
            "answer": "middle",
            "textDocument": {"uri": (folder / "a.py").as_uri()},
            "range": {"start": place, "end": place},
        }
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            answer = (await client.request(methods.GENERATE, params))["result"]
            assert answer["text"] == "def written():\n    pass\n"
            request = service.generation.requests[-1]
            assert (request.answer, request.path, request.start, request.end) == ("middle", "a.py", 1, 1)
            for wrong in ({"range": None}, {"textDocument": None}):
                error = (await client.request(methods.GENERATE, {**params, **wrong}))["error"]
                assert "params.answer is middle" in error["message"]

    asyncio.run(scenario())


def test_text_is_sent_as_it_is_written(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        service.may_go.clear()
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            params = {"instruction": "a", "partialResultToken": "t"}
            client.send({"jsonrpc": "2.0", "id": 7, "method": methods.GENERATE, "params": params})
            sent = ""
            while len(sent) < len("def written():\n    pass\n"):
                part = await client.receive()
                assert (part["method"], part["params"]["token"]) == ("$/progress", "t")
                sent += part["params"]["value"]["text"]
            assert sent == "def written():\n    pass\n"
            service.may_go.set()
            final = await client.receive()
            assert (final["id"], final["result"]["text"]) == (7, "")

    asyncio.run(scenario())


def test_the_first_piece_is_sent_at_once_and_the_last_with_the_answer(
    daemon: Any, service: Any, folder: Path
) -> None:
    async def scenario() -> None:
        service.may_go.clear()
        async with daemon(timing=Timing(0.0, 0.0, text_seconds=1_000.0)) as running, running.raw() as client:
            await client.start(folder)
            params = {"instruction": "a", "partialResultToken": 3}
            client.send({"jsonrpc": "2.0", "id": 7, "method": methods.GENERATE, "params": params})
            first = (await client.receive())["params"]
            assert first["token"] == 3
            sent = first["value"]["text"]
            assert sent
            service.may_go.set()
            while "result" not in (message := await client.receive()):
                sent += message["params"]["value"]["text"]
            assert (sent, message["result"]["text"]) == ("def written():\n    pass\n", "")

    asyncio.run(scenario())


def test_who_gives_up_gets_no_more_text(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        service.may_go.clear()
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            client.send(
                {"jsonrpc": "2.0", "id": 1, "method": methods.GENERATE, "params": {"instruction": "a"}}
            )
            await asyncio.to_thread(service.standing.acquire)
            client.tell("$/cancelRequest", {"id": 1})
            assert (await client.receive())["error"]["code"] == -32800
            await running.until(lambda: service.given_up == 1)

    asyncio.run(scenario())


def test_writing_leaves_threads_for_searches(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        service.may_go.clear()
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            for number in range(20):
                params = {"instruction": "a"}
                client.send({"jsonrpc": "2.0", "id": number, "method": methods.GENERATE, "params": params})
            assert (await client.request(methods.STATUS, id_="status"))["result"]["pid"] == 1
            service.may_go.set()
            assert {(await client.receive())["id"] for _ in range(20)} == set(range(20))

    asyncio.run(scenario())


def test_files_that_are_not_open_are_read(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            document = {"uri": (folder / "a.py").as_uri()}
            await client.request(methods.GENERATE, {"instruction": "a", "textDocument": document})
            request = service.generation.requests[-1]
            assert request.text.startswith("def first")
            assert (request.start, request.end, request.language) == (0, len(request.text), "python")
            client.tell(
                "textDocument/didOpen",
                {
                    "textDocument": {
                        "uri": "untitled:1",
                        "languageId": "go",
                        "version": 1,
                        "text": "package a\n",
                    }
                },
            )
            params = {"instruction": "a", "textDocument": {"uri": "untitled:1"}, "workspace": str(folder)}
            await client.request(methods.GENERATE, params)
            request = service.generation.requests[-1]
            assert (request.path, request.language, request.text) == ("", "go", "package a\n")

    asyncio.run(scenario())


def test_what_is_wrong_with_params_is_said(daemon: Any, service: Any, folder: Path) -> None:
    (folder / "binary.py").write_bytes(b"\xff\xfe\x00")
    (folder / "large.py").write_bytes(b"x" * 4_000_001)
    (folder.parent / "secret.py").write_text("secret")
    (folder / "link.py").symlink_to(folder.parent / "secret.py")
    os.mkfifo(folder / "pipe.py")
    named = {
        "nothing.py": "can't be read",
        "binary.py": "is no text in UTF-8",
        "large.py": "has more than 4,000,000 bytes",
        "link.py": "leads out of the workspace",
        "pipe.py": "is no file",
        "../secret.py": "is in no open folder",
    }

    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)

            async def error(params: Any) -> Any:
                return (await client.request(methods.GENERATE, params))["error"]

            for name, said in named.items():
                uri = f"{folder.as_uri()}/{name}"
                found = await error({"instruction": "a", "textDocument": {"uri": uri}})
                assert (found["code"], said in found["message"]) == (-32602, True), found
            for params, said in (
                ({"instruction": " "}, "params.instruction is empty"),
                ({"instruction": "a" * 20_001}, "has 20,001 characters; 20,000 are allowed"),
                ({"instruction": "a", "answer": "poem"}, "params.answer is 'poem'"),
                ({"instruction": "a", "maxTokens": 0}, "params.maxTokens is 0"),
                ({"instruction": "a", "textDocument": {"uri": "untitled:1"}}, "is not open and has no file"),
            ):
                assert said in (await error(params))["message"]
            uri = client.open(folder / "a.py", "x\n")
            stale = await error({"instruction": "a", "textDocument": {"uri": uri, "version": 9}})
            assert (stale["code"], stale["data"]["reason"]) == (-32801, "contentModified")
            service.generation.error = CodeassistdError("the model is gone", "fetch it")
            assert (await error({"instruction": "a"}))["message"] == "the model is gone; fetch it"

    asyncio.run(scenario())
    assert service.generation.requests[-1].instruction == "a"


def test_a_command_takes_a_plain_string(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            params = {"command": "codeassist.generate", "arguments": ["say hello"]}
            answer = (await client.request("workspace/executeCommand", params))["result"]
            assert answer["finishReason"] == "stop"

    asyncio.run(scenario())
    assert service.generation.requests[-1].instruction == "say hello"


@pytest.mark.parametrize("can_show", [True, False])
def test_an_explanation_is_shown_as_a_file(daemon: Any, service: Any, folder: Path, can_show: bool) -> None:
    async def scenario() -> None:
        async with daemon() as running:
            async with running.raw() as client:
                window = {"window": {"showDocument": {"support": can_show}, "workDoneProgress": True}}
                await client.start(folder, capabilities=window)
                uri = client.open(folder / "a.py", "x = 1\ny = 2\n")
                params = {
                    "command": "codeassist.explain",
                    "arguments": [{"textDocument": {"uri": uri}, "range": _range((1, 0), (2, 0))}],
                }
                answers = {"window/showDocument": {"success": True}}
                answer, before = await client.serve("workspace/executeCommand", params, answers)
                assert answer["result"] == {"text": "def written():\n    pass\n", "shown": can_show}
                shown = [each["params"]["uri"] for each in before if each["method"] == "window/showDocument"]
                assert len(shown) == can_show
                pages = [Path(page.removeprefix("file://")) for page in shown]
                assert [page.read_text() for page in pages] == ["def written():\n    pass\n"] * can_show
            await running.until(lambda: not any(page.exists() for page in pages))

    asyncio.run(scenario())
    request = service.generation.requests[-1]
    assert (request.answer, request.text[request.start : request.end]) == ("prose", "y = 2\n")
