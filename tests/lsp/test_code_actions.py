from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from codeassistd.lsp import methods
from codeassistd.models.errors import CodeassistdError

TEXT = """\
# sum the numbers

def total(numbers):
    pass


def first(numbers):
    return numbers[0]
"""

EDITOR: dict[str, Any] = {
    "textDocument": {
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": [""]}},
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit"]},
        }
    },
    "workspace": {
        "applyEdit": True,
        "workspaceEdit": {
            "documentChanges": True,
            "resourceOperations": ["create"],
            "changeAnnotationSupport": {},
        },
    },
    "window": {"workDoneProgress": True, "showDocument": {"support": True}},
    "experimental": {"codeassist": {"commands": ["codeassist.client.instruct"]}},
}
PLAIN: dict[str, Any] = {
    "textDocument": {"codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": [""]}}}},
    "workspace": {"applyEdit": True},
}
BAR: dict[str, Any] = {"window/workDoneProgress/create": None}


def _range(start: tuple[int, int], end: tuple[int, int] | None = None) -> dict[str, Any]:
    last = end or start
    return {
        "start": {"line": start[0], "character": start[1]},
        "end": {"line": last[0], "character": last[1]},
    }


def _params(uri: str, selection: Any, *diagnostics: Any, **context: Any) -> dict[str, Any]:
    return {
        "textDocument": {"uri": uri},
        "range": selection,
        "context": {"diagnostics": list(diagnostics), **context},
    }


async def _listed(client: Any, uri: str, selection: Any, *diagnostics: Any, **context: Any) -> Any:
    params = _params(uri, selection, *diagnostics, **context)
    return (await client.request("textDocument/codeAction", params))["result"]


async def _titled(client: Any, uri: str, selection: Any, title: str, *diagnostics: Any) -> Any:
    found = await _listed(client, uri, selection, *diagnostics)
    return next(each for each in found if each["title"] == title)


async def _open(client: Any, folder: Path, capabilities: Any = EDITOR, text: str = TEXT) -> str:
    await client.start(folder, capabilities=capabilities)
    uri = str(client.open(folder / "src.py", text))
    await client.request(methods.WAIT_FOR_INDEX)
    return uri


def test_actions_are_listed_for_where_the_cursor_is(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            uri = await _open(client, folder)
            titles = [each["title"] for each in await _listed(client, uri, _range((3, 4)))]
            assert titles == [
                "Complete total",
                "Document total",
                "Write tests for total",
                "Explain total",
            ]
            assert [each["title"] for each in await _listed(client, uri, _range((1, 0)))] == [
                "Write what the comment says"
            ]
            selected = await _listed(client, uri, _range((6, 0), (8, 0)))
            assert [each["title"] for each in selected] == [
                "Rewrite the selection…",
                "Document first",
                "Write tests for first",
                "Explain the selection",
            ]
            instruct = selected[0]["command"]
            assert instruct["command"] == "codeassist.client.instruct"
            assert instruct["arguments"] == [
                {"textDocument": {"uri": uri, "version": 1}, "range": _range((6, 0), (8, 0))}
            ]
            only = await _listed(client, uri, _range((3, 4)), only=["refactor"])
            assert {each["kind"].split(".")[0] for each in only} == {"refactor"}
            assert await _listed(client, uri, _range((3, 4)), only=["source.organizeImports"]) == []
            assert await _listed(client, uri, _range((900, 4))) is not None
            assert await _listed(client, "file:///unknown", _range((0, 0))) == []
            service.generation.takes_instructions = False
            assert await _listed(client, uri, _range((3, 4))) == []

    asyncio.run(scenario())
    assert service.generation.requests == []


def test_each_diagnostic_has_a_fix(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            uri = await _open(client, folder)
            diagnostics = [
                {"range": _range((7, 11), (7, 18)), "message": "numbers may be\nempty", "code": "E1"},
                {"range": _range((0, 0), (0, 3)), "message": "x" * 80, "data": {"a": [1]}},
            ]
            found = await _listed(client, uri, _range((7, 11)), *diagnostics, only=["quickfix"])
            assert [each["title"] for each in found] == ["Fix: numbers may be empty", f"Fix: {'x' * 59}…"]
            assert [each["diagnostics"] for each in found] == [[each] for each in diagnostics]
            service.generation.pieces = ["def first(numbers):\n    return numbers[0] if numbers else None\n"]
            resolved, _ = await client.serve("codeAction/resolve", found[0], BAR)
            (change,) = resolved["result"]["edit"]["documentChanges"]
            assert change["textDocument"] == {"uri": uri, "version": 1}
            assert change["edits"][0]["range"] == _range((6, 0), (8, 0))
            assert resolved["result"]["title"] == found[0]["title"]

    asyncio.run(scenario())
    (request,) = service.generation.requests
    assert "numbers may be\nempty" in request.instruction
    assert request.text[request.start : request.end].startswith("def first")


def test_an_edit_is_versioned_previewed_and_indented(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            uri = await _open(client, folder, text="class A:\r\n    def f(self):\r\n        pass\r\n")
            service.generation.pieces = ["\ndef f(self):\n", "    return '😀'\n\n"]
            action = await _titled(client, uri, _range((2, 4)), "Complete f")
            resolved, before = await client.serve("codeAction/resolve", action, BAR)
            assert resolved["result"]["edit"] == {
                "documentChanges": [
                    {
                        "textDocument": {"uri": uri, "version": 1},
                        "edits": [
                            {
                                "range": _range((1, 0), (3, 0)),
                                "newText": "    def f(self):\r\n        return '😀'\r\n",
                                "annotationId": "codeassistd",
                            }
                        ],
                    }
                ],
                "changeAnnotations": {
                    "codeassistd": {
                        "label": "Complete f",
                        "description": "Written by a language model",
                        "needsConfirmation": True,
                    }
                },
            }
            values = [each["params"]["value"] for each in before if each["method"] == "$/progress"]
            assert values[0] == {"kind": "begin", "title": "Complete f", "cancellable": True}
            assert values[-1] == {"kind": "end"}
            assert {"kind": "report", "message": "30 characters"} in values

    asyncio.run(scenario())


def test_a_client_may_refuse_the_bar_and_the_edit(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            uri = await _open(client, folder)
            params = {"instruction": "a", "textDocument": {"uri": uri}, "range": _range((3, 0))}
            no = {"window/workDoneProgress/create": "refused", "workspace/applyEdit": "refused"}
            answer, before = await client.serve(methods.REWRITE, params, no)
            assert answer["result"]["applied"] is False
            assert [each["method"] for each in before] == list(no)

    asyncio.run(scenario())


def test_documentation_leaves_the_code_alone(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            uri = await _open(client, folder)
            service.generation.pieces = [
                'def first(numbers):\n    """The first.\n\n    Fast.\n    """\n    x'
            ]
            action = await _titled(client, uri, _range((6, 0)), "Document first")
            resolved, _ = await client.serve("codeAction/resolve", action, BAR)
            (edit,) = resolved["result"]["edit"]["documentChanges"][0]["edits"]
            assert (edit["range"], edit["newText"]) == (
                _range((7, 0)),
                '    """The first.\n\n    Fast.\n    """\n',
            )
            service.generation.pieces = ["I would rather not."]
            refused, _ = await client.serve("codeAction/resolve", action, BAR)
            assert "the model wrote no documentation" in refused["error"]["message"]

    asyncio.run(scenario())


def test_code_is_written_below_a_comment(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            uri = await _open(client, folder, text="if x:\n    # go on")
            service.generation.pieces = ["go()\n"]
            action = await _titled(client, uri, _range((1, 8)), "Write what the comment says")
            resolved, _ = await client.serve("codeAction/resolve", action, BAR)
            (edit,) = resolved["result"]["edit"]["documentChanges"][0]["edits"]
            assert (edit["range"], edit["newText"]) == (_range((1, 11)), "\n    go()\n")

    asyncio.run(scenario())


def test_tests_are_put_where_they_belong(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            uri = await _open(client, folder)
            action = await _titled(client, uri, _range((6, 0)), "Write tests for first")
            resolved, _ = await client.serve("codeAction/resolve", action, BAR)
            created, written = resolved["result"]["edit"]["documentChanges"]
            assert (created["kind"], created["options"]) == ("create", {"ignoreIfExists": True})
            assert written["textDocument"] == {"uri": created["uri"], "version": None}
            assert created["uri"] == (folder / "tests" / "test_src.py").as_uri()
            assert written["edits"][0]["range"] == _range((0, 0))
            (folder / "tests").mkdir()
            (folder / "tests" / "test_src.py").write_text("import src")
            resolved, _ = await client.serve("codeAction/resolve", action, BAR)
            (written,) = resolved["result"]["edit"]["documentChanges"]
            assert written["edits"][0]["range"] == _range((0, 10))
            assert written["edits"][0]["newText"].startswith("\n\ndef written")
            client.open(folder / "tests" / "test_src.py", "import src\nx = 1\n")
            resolved, _ = await client.serve("codeAction/resolve", action, BAR)
            (written,) = resolved["result"]["edit"]["documentChanges"]
            assert written["textDocument"]["version"] == 1
            assert written["edits"][0]["range"] == _range((2, 0))

    asyncio.run(scenario())
    request = service.generation.requests[0]
    assert (request.path, request.text) == ("tests/test_src.py", "")
    assert request.instruction.endswith("def first(numbers):\n    return numbers[0]\n")


def test_a_changed_document_is_left_alone(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            uri = await _open(client, folder)
            while service.standing.acquire(blocking=False):
                pass
            action = await _titled(client, uri, _range((3, 4)), "Complete total")
            service.may_go.clear()
            client.send({"jsonrpc": "2.0", "id": 5, "method": "codeAction/resolve", "params": action})
            create = await client.receive()
            assert create["method"] == "window/workDoneProgress/create"
            client.send({"jsonrpc": "2.0", "id": create["id"], "result": None})
            await asyncio.to_thread(service.standing.acquire)
            client.change(uri, 2, {"range": _range((0, 0)), "text": "\n"})
            await client.request(methods.STATUS, id_=6)
            service.may_go.set()
            while (answer := await client.receive()).get("id") != 5:
                pass
            assert (answer["error"]["code"], answer["error"]["data"]["reason"]) == (-32801, "contentModified")
            answer = await client.request("codeAction/resolve", action)
            assert answer["error"]["code"] == -32801
            assert "the document has changed meanwhile" in answer["error"]["message"]

    asyncio.run(scenario())
    assert len(service.generation.requests) == 1


def test_the_bar_cancels(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            uri = await _open(client, folder)
            while service.standing.acquire(blocking=False):
                pass
            action = await _titled(client, uri, _range((3, 4)), "Complete total")
            service.may_go.clear()
            client.send({"jsonrpc": "2.0", "id": 5, "method": "codeAction/resolve", "params": action})
            create = await client.receive()
            client.send({"jsonrpc": "2.0", "id": create["id"], "result": None})
            await asyncio.to_thread(service.standing.acquire)
            client.tell("window/workDoneProgress/cancel", {"token": "unknown"})
            client.tell("window/workDoneProgress/cancel", {"token": create["params"]["token"]})
            while (answer := await client.receive()).get("id") != 5:
                pass
            assert answer["error"]["code"] == -32800
            await running.until(lambda: service.given_up == 1)

    asyncio.run(scenario())


def test_plain_clients_get_what_they_can_carry_out(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            uri = await _open(client, folder, PLAIN)
            found = await _listed(client, uri, _range((3, 4), (4, 0)))
            assert [each["title"] for each in found] == ["Document total"]
            (action,) = (
                each for each in await _listed(client, uri, _range((3, 4))) if "Complete" in each["title"]
            )
            assert action["command"]["command"] == "codeassist.applyAction"
            answers = {"workspace/applyEdit": {"applied": True}}
            params = {key: action["command"][key] for key in ("command", "arguments")}
            answer, before = await client.serve("workspace/executeCommand", params, answers)
            edit = {"range": _range((2, 0), (4, 0)), "newText": "def written():\n    pass\n"}
            assert answer["result"] == {"edit": {"changes": {uri: [edit]}}, "applied": True}
            assert before[-1]["params"] == {"edit": {"changes": {uri: [edit]}}}
        async with daemon() as running, running.raw() as client:
            uri = await _open(client, folder, {"workspace": {"applyEdit": True}})
            commands = await _listed(client, uri, _range((3, 4)))
            assert {each["command"] for each in commands} == {"codeassist.applyAction"}
            assert all("kind" not in each for each in commands)
        async with daemon() as running, running.raw() as client:
            uri = await _open(client, folder, {"textDocument": {"codeAction": {}}})
            assert await _listed(client, uri, _range((3, 4))) == []

    asyncio.run(scenario())


def test_lines_are_rewritten_as_told(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            uri = await _open(client, folder)
            params = {
                "instruction": "be safe",
                "textDocument": {"uri": uri, "version": 1},
                "range": _range((7, 4), (7, 10)),
            }
            service.generation.pieces = ["return next(iter(numbers), None)"]
            answer, before = await client.serve(methods.REWRITE, params | {"apply": False}, {})
            (edit,) = answer["result"]["edit"]["documentChanges"][0]["edits"]
            assert edit["range"] == _range((7, 0), (8, 0))
            assert edit["newText"] == "    return next(iter(numbers), None)\n"
            assert not any(each["method"] == "workspace/applyEdit" for each in before)
            answer, _ = await client.serve(methods.REWRITE, params, {})
            assert answer["result"]["applied"] is False
            params["range"] = _range((1, 0))
            answer, _ = await client.serve(methods.REWRITE, params, {})
            (edit,) = answer["result"]["edit"]["documentChanges"][0]["edits"]
            assert edit["range"] == _range((1, 0))

    asyncio.run(scenario())
    assert [each.instruction for each in service.generation.requests] == ["be safe"] * 3


def test_what_a_model_does_wrong_is_said(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            uri = await _open(client, folder)
            action = await _titled(client, uri, _range((3, 4)), "Complete total")

            async def said() -> str:
                answer, _ = await client.serve("codeAction/resolve", action, BAR)
                return str(answer["error"]["message"])

            service.generation.pieces = ["def total(numbers):\n    pass"]
            assert "the model found nothing to change" in await said()
            service.generation.pieces = [" \n"]
            assert "the model wrote nothing" in await said()
            service.generation.finish_reason = "length"
            assert "cut off" in await said()
            service.generation.error = CodeassistdError("the model is gone", "fetch it")
            assert await said() == "the model is gone; fetch it"

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "params.data is not of this server"),
        ({"action": "x"}, "params.data.uri is missing"),
        ("unknown", "there is no action 'x'"),
        ("closed", "is not open"),
        ("renamed", "'gone' is not where it was"),
        ("beyond", None),
    ],
)
def test_data_that_was_made_up_is_refused(daemon: Any, folder: Path, data: Any, said: str | None) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            uri = await _open(client, folder)
            whole = {"uri": uri, "version": 1, "firstLine": 0, "lastLine": 2}
            made = {
                "unknown": {"action": "x", **whole},
                "closed": {"action": "x", **whole, "uri": (folder / "a.py").as_uri()},
                "renamed": {"action": "refactor.rewrite.codeassist.document", **whole, "name": "gone"},
                "beyond": {
                    "action": "quickfix.codeassist",
                    **whole,
                    "firstLine": 2**31 - 1,
                    "lastLine": 0,
                    "detail": "x",
                },
            }
            params = {"title": "A", "data": made.get(data, data) if isinstance(data, str) else data}
            answer, _ = await client.serve("codeAction/resolve", params, BAR)
            if said is None:
                assert "edit" in answer["result"]
            else:
                assert said in answer["error"]["message"]

    asyncio.run(scenario())
