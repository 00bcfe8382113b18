from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from codeassistd.lsp import methods
from codeassistd.lsp.generation_service import InlineRequest, InlineSettings, InlineText
from codeassistd.models.errors import CodeassistdError

STANDARD = "textDocument/inlineCompletion"
NOTHING: dict[str, Any] = {"items": []}


def _params(uri: str, line: int, character: int, *, is_asked_for: bool = False, **context: Any) -> Any:
    return {
        "textDocument": {"uri": uri},
        "position": {"line": line, "character": character},
        "context": {"triggerKind": 1 if is_asked_for else 2, **context},
    }


def _place(line: int, start: int, end: int | None = None) -> dict[str, Any]:
    last = start if end is None else end
    return {"start": {"line": line, "character": start}, "end": {"line": line, "character": last}}


def _insertion(line: int, character: int, text: str) -> dict[str, Any]:
    return {"range": _place(line, character), "text": text}


def _replies(text: str, replaced: int = 0) -> Any:
    return lambda _request: InlineText(text, replaced)


@pytest.mark.parametrize("method", [STANDARD, methods.INLINE_COMPLETION])
def test_a_completion_comes_at_the_cursor(daemon: Any, service: Any, folder: Path, method: str) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            capabilities = (await client.start(folder))["result"]["capabilities"]
            assert capabilities["inlineCompletionProvider"] == {}
            uri = client.open(folder / "a.py", "x = foo()\n")
            service.generation.completion = _replies("a, b)", 1)
            answer = await client.request(method, _params(uri, 0, 8))
            assert answer["result"] == {"items": [{"insertText": "a, b)", "range": _place(0, 8, 9)}]}

    asyncio.run(scenario())
    (request,) = service.generation.inline_requests
    assert request == InlineRequest("a.py", "python", "x = foo()\n", 8)


def test_columns_count_what_was_agreed_on(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            uri = client.open(folder / "a.py", 'é = 1\nx = ("😀漢)")\n')
            service.generation.completion = _replies("字😀)", 2)
            answer = await client.request(STANDARD, _params(uri, 1, 8, is_asked_for=True))
            assert answer["result"]["items"] == [{"insertText": "字😀)", "range": _place(1, 8, 10)}]

    asyncio.run(scenario())
    (request,) = service.generation.inline_requests
    assert request.text[: request.offset] == 'é = 1\nx = ("😀'
    assert request.is_asked_for


def test_lines_end_as_those_of_the_document(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            uri = client.open(folder / "a.py", "if x:\r\n")
            service.generation.completion = _replies("    a\n    b", 500)
            answer = await client.request(STANDARD, _params(uri, 1, 0))
            assert answer["result"]["items"] == [{"insertText": "    a\r\n    b", "range": _place(1, 0)}]

    asyncio.run(scenario())


def test_typing_along_and_deleting_back_costs_nothing(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            uri = client.open(folder / "a.py", "return \nend")
            service.generation.completion = _replies("first(a) + 😀second\nlast")
            whole = "first(a) + 😀second\nlast"

            async def shown(line: int, column: int) -> str:
                items = (await client.request(STANDARD, _params(uri, line, column)))["result"]["items"]
                return str(items[0]["insertText"]) if items else ""

            version = 1
            assert await shown(0, 7) == whole
            for count, character in enumerate("first"):
                version += 1
                client.change(uri, version, _insertion(0, 7 + count, character))
                assert await shown(0, 8 + count) == whole[count + 1 :]
            # A word is accepted, with the bracket that the editor closes.
            client.change(uri, version + 1, _insertion(0, 12, "()"))
            assert await shown(0, 13) == whole[6:]
            client.change(uri, version + 2, {"range": _place(0, 13, 14), "text": ""})
            client.change(uri, version + 3, _insertion(0, 13, "a) + 😀second\n"))
            assert await shown(1, 0) == "last"
            # What was typed is deleted again.
            end = {"start": {"line": 0, "character": 9}, "end": {"line": 1, "character": 0}}
            client.change(uri, version + 4, {"range": end, "text": ""})
            assert await shown(0, 9) == whole[2:]
            assert len(service.generation.inline_requests) == 1
            client.change(uri, version + 5, _insertion(0, 9, "x"))
            assert await shown(0, 10) == whole
            assert len(service.generation.inline_requests) == 2

    asyncio.run(scenario())


def test_a_bracket_that_the_editor_closed_is_replaced(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            uri = client.open(folder / "a.py", "foo\n")
            service.generation.completion = _replies("(a)[0]\n")
            await client.request(STANDARD, _params(uri, 0, 3))
            client.change(uri, 2, _insertion(0, 3, "()"))
            answer = await client.request(STANDARD, _params(uri, 0, 4))
            assert answer["result"]["items"] == [{"insertText": "a)[0]\n", "range": _place(0, 4, 5)}]
            assert len(service.generation.inline_requests) == 1

    asyncio.run(scenario())


def test_nothing_is_remembered_too_unless_asked_for(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            uri = client.open(folder / "a.py", "x\n")
            service.generation.completion = lambda _: None
            for _ in range(3):
                assert (await client.request(STANDARD, _params(uri, 0, 1)))["result"] == NOTHING
            assert len(service.generation.inline_requests) == 1
            await client.request(STANDARD, _params(uri, 0, 1, is_asked_for=True))
            assert len(service.generation.inline_requests) == 2

    asyncio.run(scenario())


def test_a_later_request_ends_the_one_before(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        service.may_go.clear()
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            uri = client.open(folder / "a.py", "x\n")
            first = {"jsonrpc": "2.0", "id": 1, "method": STANDARD, "params": _params(uri, 0, 1)}
            client.send(first)
            await asyncio.to_thread(service.standing.acquire)
            client.send(first | {"id": 2, "params": _params(uri, 1, 0)})
            assert await client.receive() == {"jsonrpc": "2.0", "id": 1, "result": NOTHING}
            await running.until(lambda: service.given_up == 1)
            service.may_go.set()
            answer = await client.receive()
            assert (answer["id"], len(answer["result"]["items"])) == (2, 1)

    asyncio.run(scenario())
    assert service.generation.most_running == 1


def test_a_client_may_give_up(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        service.may_go.clear()
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            uri = client.open(folder / "a.py", "x\n")
            client.send({"jsonrpc": "2.0", "id": 1, "method": STANDARD, "params": _params(uri, 0, 1)})
            await asyncio.to_thread(service.standing.acquire)
            client.tell("$/cancelRequest", {"id": 1})
            assert (await client.receive())["error"]["code"] == -32800
            await running.until(lambda: service.given_up == 1)

    asyncio.run(scenario())


def test_a_thousand_keys_leave_one_generation_at_a_time(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            uri = client.open(folder / "a.py", "\n")
            answers: dict[int, Any] = {}

            async def read() -> None:
                while len(answers) < 1_000:
                    answer = await client.receive()
                    answers[answer["id"]] = answer

            reading = asyncio.create_task(read())
            for key in range(1_000):
                client.change(uri, key + 2, _insertion(0, key, "x"))
                params = _params(uri, 0, key + 1)
                client.send({"jsonrpc": "2.0", "id": key, "method": STANDARD, "params": params})
                if key % 50 == 0:
                    await asyncio.sleep(0)
            await reading
            assert all("result" in answer for answer in answers.values())
            assert answers[999]["result"]["items"][0]["insertText"] == "done()"
            await running.until(lambda: service.generation.running == 0)

    asyncio.run(scenario())
    assert service.generation.most_running == 1
    assert service.generation.inline_requests[-1].text == "x" * 1_000 + "\n"


def test_who_just_types_is_waited_for(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        service.generation.inline_settings = InlineSettings(is_on=True, debounce_seconds=1_000.0)
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            uri = client.open(folder / "a.py", "x\n")
            client.send({"jsonrpc": "2.0", "id": 7, "method": STANDARD, "params": _params(uri, 0, 1)})
            answer = (await client.request(methods.STATUS, id_=8))["result"]
            assert answer["pid"] == 1
            assert service.generation.inline_requests == []
            await running.until(lambda: service.generation.prepared)
            assert service.generation.prepared == [InlineRequest("a.py", "python", "x\n", 1)]
            client.send(
                {
                    "jsonrpc": "2.0",
                    "id": 9,
                    "method": STANDARD,
                    "params": _params(uri, 0, 1, is_asked_for=True),
                }
            )
            assert await client.receive() == {"jsonrpc": "2.0", "id": 7, "result": NOTHING}
            assert len((await client.receive())["result"]["items"]) == 1

    asyncio.run(scenario())


def test_an_answer_to_an_older_text_is_none(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        service.may_go.clear()
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            uri = client.open(folder / "a.py", "x\n")
            client.send({"jsonrpc": "2.0", "id": 1, "method": STANDARD, "params": _params(uri, 0, 1)})
            await asyncio.to_thread(service.standing.acquire)
            client.change(uri, 2, _insertion(0, 0, "y"))
            await client.request(methods.STATUS, id_=2)
            service.may_go.set()
            assert (await client.receive())["result"] == NOTHING
            params = _params(uri, 0, 1)
            params["textDocument"]["version"] = 1
            assert (await client.request(methods.INLINE_COMPLETION, params))["result"] == NOTHING
            params["textDocument"]["version"] = 2
            assert len((await client.request(methods.INLINE_COMPLETION, params))["result"]["items"]) == 1

    asyncio.run(scenario())


def test_a_completion_goes_on_from_the_selected_item(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            uri = client.open(folder / "a.py", "items.ap\n")
            service.generation.completion = _replies("(1)")
            selected = {"range": _place(0, 6, 8), "text": "append"}
            params = _params(uri, 0, 8, selectedCompletionInfo=selected)
            answer = await client.request(STANDARD, params)
            assert answer["result"]["items"] == [{"insertText": "append(1)", "range": _place(0, 6, 8)}]
            request = service.generation.inline_requests[-1]
            assert (request.text, request.offset) == ("items.append\n", 12)
            for elsewhere in (_place(0, 0, 2), {"start": _place(0, 6)["start"], "end": _place(1, 0)["end"]}):
                params = _params(uri, 0, 8, selectedCompletionInfo={"range": elsewhere, "text": "a"})
                assert (await client.request(STANDARD, params))["result"] == NOTHING
            assert len(service.generation.inline_requests) == 1

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "settings",
    [
        InlineSettings(is_on=False),
        InlineSettings(is_on=True, languages_off=frozenset({"Python"})),
        InlineSettings(is_on=True, max_document_bytes=4),
    ],
)
def test_settings_turn_completions_off(daemon: Any, service: Any, folder: Path, settings: Any) -> None:
    async def scenario() -> None:
        service.generation.inline_settings = settings
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            uri = client.open(folder / "a.py", "é😀\n")
            answer = await client.request(STANDARD, _params(uri, 0, 1, is_asked_for=True))
            assert answer["result"] == NOTHING

    asyncio.run(scenario())
    assert service.generation.inline_requests == []


def test_documents_that_are_not_open_or_of_no_folder_get_nothing(
    daemon: Any, service: Any, folder: Path
) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            outside = client.open(folder.parent / "outside.py", "x\n")
            for uri in ((folder / "a.py").as_uri(), outside, "untitled:1"):
                assert (await client.request(STANDARD, _params(uri, 0, 0)))["result"] == NOTHING
            assert (await client.request(methods.STATUS))["result"]["errors"] == ["one"]

    asyncio.run(scenario())


def test_a_failure_is_said_once_and_shown_in_the_status(
    daemon: Any, service: Any, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            uri = client.open(folder / "a.py", "x\n")
            for error in (
                CodeassistdError("the model is gone", "fetch it"),
                ZeroDivisionError("secret text"),
            ):
                service.generation.error = error
                for _ in range(3):
                    assert (await client.request(STANDARD, _params(uri, 0, 1)))["result"] == NOTHING
            errors = (await client.request(methods.STATUS))["result"]["errors"]
            assert "ZeroDivisionError" in errors[0]
            assert "secret" not in errors[0]
            assert errors[1:] == ["inline completion: the model is gone; fetch it", "one"]

    asyncio.run(scenario())
    assert caplog.text.count("inline completion: the model is gone") == 1
    assert caplog.text.count("inline completion: a defect") == 1


def test_edits_elsewhere_are_told(daemon: Any, service: Any, folder: Path) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            text = "".join(f"line {number}\n" for number in range(200))
            uri = client.open(folder / "a.py", text)
            other = client.open(folder / "b.py", "one\ntwo\n")
            outside = client.open(folder.parent / "c.py", "one\ntwo\n")
            for each in (outside, other):
                client.change(each, 2, _insertion(1, 3, "!"))
            client.change(uri, 2, _insertion(150, 0, "far "))
            client.change(uri, 3, _insertion(2, 0, "near\n"))
            await client.request(STANDARD, _params(uri, 2, 0))
            client.tell("textDocument/didClose", {"textDocument": {"uri": other}})
            await client.request(STANDARD, _params(uri, 3, 0))

    asyncio.run(scenario())
    first, second = service.generation.inline_requests
    assert [(edit.path, edit.first_line, edit.text) for edit in first.edits] == [
        ("a.py", 152, "far line 150\n"),
        ("b.py", 2, "two!\n"),
    ]
    assert [edit.path for edit in second.edits] == ["a.py"]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, "params.textDocument is missing"),
        ({"textDocument": {"uri": "x"}, "position": {"line": -1, "character": 0}}, "params.position.line"),
        (
            {
                "textDocument": {"uri": "x"},
                "position": {"line": 0, "character": 0},
                "context": {"triggerKind": 9},
            },
            "params.context.triggerKind is 9; 1 to 2 are allowed",
        ),
    ],
)
def test_wrong_params_are_named(daemon: Any, folder: Path, params: Any, said: str) -> None:
    async def scenario() -> None:
        async with daemon() as running, running.raw() as client:
            await client.start(folder)
            error = (await client.request(methods.INLINE_COMPLETION, params))["error"]
            assert (error["code"], said in error["message"]) == (-32602, True)
            assert (await client.request(STANDARD, params))["error"]["code"] == -32602

    asyncio.run(scenario())
