"""Text and edits that a model writes: streamed, stopped, looked at, applied and undone."""

from __future__ import annotations

from typing import Any

import pytest

from ...models.endpoint.api_server import Reply
from .test_documentation import without_plugin

SHORTER = "def call_with_backoff(action, attempts):\n    return action()"

PAGE = "table.concat(vim.fn.getline(1, '$'), '\\n')"

STATE = "vim.wo.winbar"


@pytest.fixture
def open_scripted(open_editor: Any, endpoint_user: Any, api_server: Any) -> Any:
    """Opens a Neovim of the user for whom the scripted server writes."""

    api_server.script.clear()

    def start(file: str = "src/retry.py", **options: Any) -> Any:
        editor = open_editor(file, cwd=endpoint_user.workspace, **options, **endpoint_user.environment)
        editor.ready()
        return editor

    return start


def _says(*words: str) -> Any:
    def reply(answer: Reply) -> None:
        answer.begin()
        for word in words:
            answer.piece(word)
        answer.piece("", "stop")
        answer.end()

    return reply


def test_generated_text_comes_into_a_split_with_its_sources(open_editor: Any) -> None:
    editor = open_editor()
    editor.ready()

    editor.type(":4,11CodeAssist generate say it differently<CR>")

    state = editor.until(f"{STATE}:find('tokens by') and {STATE}")
    assert state.startswith("say it differently: 60 tokens by tiny; cut off: more tokens are not allowed; ")
    assert editor.lua(f"return {PAGE}") != ""
    assert editor.lua("return { vim.bo.filetype, vim.bo.buftype, vim.bo.modifiable }") == [
        "markdown",
        "nofile",
        False,
    ]
    sources = editor.lua("return vim.fn.getloclist(0, { title = 0, items = 0 })")
    assert sources["title"] == "sources: say it differently"
    assert sources["items"][0]["lnum"] == 1
    editor.type("q")
    editor.until("vim.fn.winnr('$') == 1")


def test_what_is_being_generated_is_seen_and_can_be_stopped(open_scripted: Any, api_server: Any) -> None:
    editor = open_scripted()
    for stop in ("<C-c>", ":CodeAssist cancel<CR>"):
        api_server.gone.clear()
        api_server.script.append(Reply.for_ever)
        editor.type(":CodeAssist generate<CR>")
        editor.type("go on<CR>")
        editor.until(f"{PAGE}:find('on and on')")
        assert editor.lua(f"return {STATE}") == "go on: writing; <C-c> stops it"
        editor.type(stop)
        editor.until(f"{STATE} == 'go on: stopped'")
        assert api_server.gone.wait(30)
        editor.type("q")
    editor.type(":CodeAssist cancel<CR>")
    editor.until_said("codeassistd: nothing is being written")

    api_server.gone.clear()
    api_server.script.append(Reply.for_ever)
    editor.type(":CodeAssist generate go on<CR>")
    editor.until(f"{PAGE}:find('on and on')")
    editor.type(":quit<CR>")
    assert api_server.gone.wait(30)


def test_a_rewrite_is_looked_at_applied_and_undone_in_one_step(open_scripted: Any, api_server: Any) -> None:
    editor = open_scripted()
    before = editor.lua(f"return {PAGE}")
    api_server.script.append(_says("```python\n", SHORTER, "\n```"))

    editor.type("4GV11G:CodeAssist rewrite make it shorter<CR>")
    editor.until(f"{STATE} == 'make it shorter: <CR> applies it, q discards it'")
    assert "+    return action()" in editor.lua(f"return {PAGE}")
    assert editor.lua("return vim.bo.filetype") == "diff"
    editor.type("<CR>")
    editor.until("vim.fn.expand('%:t') == 'retry.py'")
    assert f"{SHORTER}\n\n\n" in editor.lua(f"return {PAGE}")
    editor.type("u")
    editor.until("not vim.bo.modified")
    assert editor.lua(f"return {PAGE}") == before

    api_server.script.append(_says(f"```python\n{SHORTER}\n```"))
    editor.type(":4,11CodeAssist! generate<CR>")
    editor.type("make it shorter<CR>")
    editor.until(f"({STATE}):find('discards')")
    editor.type("q")
    editor.until("vim.fn.winnr('$') == 1")
    assert editor.lua(f"return {PAGE}") == before


def test_a_rewrite_of_text_that_has_changed_is_refused(open_scripted: Any, api_server: Any) -> None:
    editor = open_scripted()
    api_server.script.append(_says(f"```python\n{SHORTER}\n```"))
    editor.type(":4,11CodeAssist rewrite make it shorter<CR>")
    editor.until(f"({STATE}):find('applies')")

    editor.type("<C-w>pggOimport os<Esc><C-w>p<CR>")

    editor.until_said("the file was changed meanwhile; ask again")
    assert SHORTER not in editor.lua(f"return {PAGE}")


def test_code_actions(open_scripted: Any, api_server: Any) -> None:
    choose = (
        "vim.ui.select = function(items, options, choose)"
        " for _, item in ipairs(items) do"
        " if options.format_item(item):find(wanted) then choose(item) end end end"
    )
    key = "vim.keymap.set({ 'n', 'x' }, 'ga', vim.lsp.buf.code_action)"
    editor = open_scripted("src/greeting.py", init=f"{choose} {key}")
    before = editor.lua(f"return {PAGE}")

    editor.lua("wanted = 'Document greet'")
    api_server.script.append(_says('"""Greet people."""'))
    editor.type("Gga")
    editor.until(f"({PAGE}):find('Greet people')")
    assert editor.lua(f"return {PAGE}").endswith('def greet():\n    """Greet people."""\n    return GREETING')
    editor.type("u")
    editor.until(f"not ({PAGE}):find('Greet people')")
    assert editor.lua(f"return {PAGE}") == before

    editor.lua("wanted = 'Rewrite the selection'")
    api_server.script.append(_says("```python\ndef greet():\n    return GREETING.upper()\n```"))
    editor.type("Vkga")
    editor.until("vim.fn.getcmdtype() == '@'")
    editor.type("Shout<CR>")
    editor.until(f"({STATE}):find('^Shout: .* applies')")
    editor.type("<CR>")
    editor.until(f"({PAGE}):find('upper')")

    editor.lua("wanted = 'Explain greet'")
    api_server.script.append(_says("It **shouts**."))
    editor.type("ga")
    editor.until(f"({PAGE}) == 'It **shouts**.'")
    assert editor.lua("return { vim.fn.winnr('$'), vim.bo.filetype }") == [2, "markdown"]


def test_code_actions_without_the_plugin(open_scripted: Any, api_server: Any) -> None:
    choose = (
        "vim.ui.select = function(items, options, choose)"
        " for _, item in ipairs(items) do"
        " if options.format_item(item):find('Document greet') then choose(item) end end end\n"
    )
    editor = open_scripted("src/greeting.py", init=choose + without_plugin())
    before = editor.lua(f"return {PAGE}")
    api_server.script.append(_says('"""Greet people."""'))

    editor.type("Ggra")
    editor.until(f"({PAGE}):find('Greet people')")
    editor.type("u")
    editor.until(f"not ({PAGE}):find('Greet people')")
    assert editor.lua(f"return {PAGE}") == before


def test_explain_and_what_goes_wrong(open_scripted: Any, api_server: Any) -> None:
    editor = open_scripted()
    api_server.script.append(_says("It tries again."))
    editor.type(":4,11CodeAssist explain<CR>")
    editor.until(f"({PAGE}) == 'It tries again.'")
    assert editor.lua(f"return {STATE}") == "explanation of retry.py:4: q closes it"
    editor.type("q")

    api_server.script.append(lambda reply: reply.refuse(400, "the dog ate it"))
    editor.type(":CodeAssist generate a poem<CR>")
    editor.until_said("the dog ate it")
    editor.until("vim.fn.winnr('$') == 1")
    editor.type(":new<CR>:CodeAssist explain<CR>")
    editor.until_said("this is no file of a workspace; save it in one, then ask again")
