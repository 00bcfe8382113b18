"""textDocument/codeAction and codeAction/resolve, and codeassist/rewrite and codeassist/applyAction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from . import actions, capabilities
from .actions import Action, Place
from .decoding import decode, encode
from .errors import ParamsError
from .generating import check_instruction
from .generation_protocol import ActionParams, EditAnswer, RewriteParams
from .methods import APPLY_ACTION, REWRITE
from .model_edits import ModelEdits
from .positions import lines_of_range
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
    if document is None or document.path is None:
        return []
    found = session.folders.at_hand(document.path)
    if found is None or not found[0].workspace.generation.takes_instructions:
        return []
    diagnostics = params.context.diagnostics
    place = _place(document, found[1], params.range)
    every = actions.listed(place, [_rows(each) for each in diagnostics])
    only = [str(getattr(kind, "value", kind)) for kind in params.context.only or ()]
    wanted = [action for action in every if _is_of(action.kind, only)]
    made = (_code_action(session, document, action, params) for action in wanted)
    return [each for each in made if each is not None]


def _place(document: Document, path: str, selection: types.Range) -> Place:
    start, end = selection.start, selection.end
    is_empty = (start.line, start.character) == (end.line, end.character)
    first, last = lines_of_range((start.line, start.character), (end.line, end.character))
    rows = document.buffer.lines
    return Place(rows, document.language.lower(), path, first - 1, min(last, max(len(rows), 1)) - 1, is_empty)


def _rows(diagnostic: types.Diagnostic) -> tuple[int, int, str]:
    start, end = diagnostic.range.start, diagnostic.range.end
    first, last = lines_of_range((start.line, start.character), (end.line, end.character))
    message = diagnostic.message
    return first - 1, last - 1, message if isinstance(message, str) else message.value


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
        detail = _rows(diagnostic)[2]
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
    about = {
        "textDocument": {"uri": document.uri, "version": document.version},
        "range": {
            "start": {"line": action.first, "character": 0},
            "end": {"line": action.last, "character": 0},
        },
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
