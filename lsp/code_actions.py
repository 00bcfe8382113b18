"""textDocument/codeAction and codeAction/resolve, and codeassist/rewrite and codeassist/applyAction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from ..indexer.languages import detect_language
from ..indexer.search.snippet import source_lines
from . import actions, capabilities
from .actions import Action, Diagnosed, Place
from .decoding import decode, encode
from .errors import ParamsError
from .generating import check_instruction
from .generation_protocol import ActionParams, EditAnswer, RewriteParams
from .methods import APPLY_ACTION, REWRITE
from .model_edits import ModelEdits
from .protocol import Position, Range
from .registration import serve
from .session_protocol import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .documents import Document
    from .session import Session
    from .session_server import SessionServer
    from .writing import Writer

_APPLY_COMMAND = "codeassist.applyAction"
_EXPLAIN_COMMAND = "codeassist.explain"
_LONGEST_TEXT = 1_000_000
_LONGEST_DETAIL = 1_000

_Json = dict[str, Any]


def register(server: SessionServer, session: Session, writer: Writer) -> None:
    """Serve what can be done at a place, and do it."""
    edits = ModelEdits(session, writer)

    # Any, not the types of lsprotocol: diagnostics and data go back as they came.
    async def listed(params: types.CodeActionParams) -> Any:
        return _listed(session, params)

    async def resolve(params: types.CodeAction) -> Any:
        raw = session.client.to_plain(params)
        if not isinstance(raw, Mapping) or not isinstance(raw.get("data"), Mapping):
            raise ParamsError("params.data is not of this server", "list the code actions anew")
        return dict(raw) | {"edit": await edits.of_action(decode(ActionParams, raw["data"], "params.data"))}

    async def apply_action(params: ActionParams) -> EditAnswer:
        edit = await edits.of_action(params)
        return EditAnswer(edit, await _is_applied(session, edit))

    async def rewrite(params: RewriteParams) -> EditAnswer:
        check_instruction(params.instruction)
        edit = await edits.of_instruction(params)
        return EditAnswer(edit, params.apply and await _is_applied(session, edit))

    options = types.CodeActionOptions(code_action_kinds=list(actions.KINDS), resolve_provider=True)
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)(listed)
    server.feature(types.CODE_ACTION_RESOLVE)(resolve)
    serve(server, REWRITE, RewriteParams, rewrite)
    serve(server, APPLY_ACTION, ActionParams, apply_action)


def _listed(session: Session, params: types.CodeActionParams) -> list[_Json]:
    document = session.documents.of_uri(params.text_document.uri)
    if document is None or document.path is None or len(document.buffer.text) > _LONGEST_TEXT:
        return []
    found = session.folders.at_hand(document.path)
    if found is None or not found[0].workspace.generation.takes_instructions:
        return []
    place = _place(session, document, found[1], params.range)
    diagnosed = [_diagnosed(session, document, each) for each in params.context.diagnostics]
    every = actions.listed(place, diagnosed)
    only = [str(getattr(kind, "value", kind)) for kind in params.context.only or ()]
    made = (_code_action(session, document, action, params) for action in every if _is_of(action.kind, only))
    return [each for each in made if each is not None]


def _place(session: Session, document: Document, path: str, selection: types.Range) -> Place:
    text = document.buffer.text
    start, first, last = _rows(session, document, selection)
    language = detect_language(path, text).name
    is_empty = selection.start == selection.end
    return Place(text, source_lines(text), language, path, start, first, last, is_empty)


def _rows(session: Session, document: Document, part: types.Range) -> tuple[int, int, int]:
    """Where a range begins, in characters, and the first and the last row that it touches."""
    encoding = session.client.position_encoding
    text = document.buffer.text
    start, end = sorted(
        document.buffer.offset((place.line, place.character), encoding) for place in (part.start, part.end)
    )
    first = text.count("\n", 0, start)
    return start, first, max(first, text.count("\n", 0, end) - (end > start and text[end - 1] == "\n"))


def _diagnosed(session: Session, document: Document, diagnostic: types.Diagnostic) -> Diagnosed:
    return Diagnosed(*_rows(session, document, diagnostic.range), _message(diagnostic))


def _message(diagnostic: types.Diagnostic) -> str:
    message = diagnostic.message
    return message if isinstance(message, str) else message.value


def _is_of(kind: str, only: Sequence[str]) -> bool:
    """Whether a kind, or one that it is a part of, is wanted."""
    return not only or any(not each or kind == each or kind.startswith(f"{each}.") for each in only)


def _code_action(
    session: Session, document: Document, action: Action, params: types.CodeActionParams
) -> _Json | None:
    """An action as LSP has it; None when this client couldn't carry it out."""
    client = session.client.client_capabilities
    made: _Json = {"title": action.title, "kind": action.kind}
    detail = ""
    if action.diagnostic is not None:
        diagnostic = params.context.diagnostics[action.diagnostic]
        made["diagnostics"] = [session.client.to_plain(diagnostic)]
        detail = _message(diagnostic)[:_LONGEST_DETAIL]
    if action.kind in {actions.INSTRUCT, actions.EXPLAIN}:
        command = _command(session, document, action)
        if command is None:
            return None
        made["command"] = command
    elif action.kind == actions.TESTS and not capabilities.creates_files(client):
        return None
    else:
        data = ActionParams(
            action.kind, document.uri, document.version, action.first, action.last, action.name, detail
        )
        if capabilities.resolves_edits(client):
            made["data"] = encode(data)
        elif capabilities.applies_edits(client):
            made["command"] = _as_command(action.title, _APPLY_COMMAND, encode(data))
        else:
            return None
    if capabilities.takes_action_literals(client):
        return made
    return made.get("command")


def _command(session: Session, document: Document, action: Action) -> _Json | None:
    encoding = session.client.position_encoding
    rows = document.buffer.text.split("\n")
    start, end = (
        document.buffer.position(sum(len(row) + 1 for row in rows[:at]), encoding)
        for at in (action.first, action.last)
    )
    about = {
        "textDocument": {"uri": document.uri, "version": document.version},
        "range": encode(Range(Position(*start), Position(*end))),
    }
    if action.kind == actions.EXPLAIN:
        can = capabilities.shows_documents(session.client.client_capabilities)
        return _as_command(action.title, _EXPLAIN_COMMAND, about) if can else None
    can = capabilities.asks_for_instructions(session.client)
    return _as_command(action.title, capabilities.INSTRUCT_COMMAND, about) if can else None


def _as_command(title: str, command: str, argument: _Json) -> _Json:
    return {"title": title, "command": command, "arguments": [argument]}


async def _is_applied(session: Session, edit: _Json) -> bool:
    """Have the client apply an edit, if it can; gives whether it did."""
    if not capabilities.applies_edits(session.client.client_capabilities):
        return False
    try:
        answer = await session.client.ask(types.WORKSPACE_APPLY_EDIT, {"edit": edit})
    except RefusedError:
        return False
    return isinstance(answer, dict) and answer.get("applied") is True
