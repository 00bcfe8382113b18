"""One client's JSON-RPC: pygls' dispatch, with no way for a client to end more than its own request."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

import attrs
from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder
from pygls.exceptions import JsonRpcMethodNotFound
from pygls.protocol import LanguageServerProtocol

from .errors import ParamsError, RequestError, error_object, is_expected
from .messages import Message, MessageError, MessageId, Notification, Reply, Request, parse_message

if TYPE_CHECKING:
    from concurrent.futures import Future

    from cattrs import Converter

    from .positions import Encoding
    from .session_server import SessionServer

MAX_IN_FLIGHT = 256
"""Requests of one client that may wait at once."""

_STRINGS = {types.WORKSPACE_SYMBOL: "query", types.WORKSPACE_EXECUTE_COMMAND: "command"}
"""Members that must be strings: the converter makes a string of anything, null included."""

_log = logging.getLogger(__name__)

# pygls logs whole messages, and those hold source code.
logging.getLogger("pygls").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class EncodedResult:
    """A result that was made JSON in a thread, because it is large."""

    text: str


class RefusedError(Exception):
    """The client refuses a request of ours; says why."""


class SessionProtocol(LanguageServerProtocol):
    """What one client sends and gets.

    Of pygls it keeps the register of features, the types of LSP and the running of handlers. Reading a
    message is its own, because in pygls a message of a wrong type gets no answer and `exit` ends the process;
    so are texts and folders.

    Attributes:
        deliver: Sends a message body; set before the first message.
        phase: How far the client is: what it may send depends on it.
        exited: Whether it has said `exit`, after which nothing is read.
        position_encoding: What columns count, as agreed on.
    """

    deliver: Callable[[bytes], None]

    def __init__(self, server: SessionServer, converter: Converter) -> None:
        super().__init__(server, converter)
        self.phase: Literal["new", "running", "shut down"] = "new"
        self.exited = False
        self.position_encoding: Encoding = "utf-16"
        self.client_capabilities = types.ClientCapabilities()
        self._asked: dict[MessageId, asyncio.Future[object]] = {}
        self._is_silent = False
        self._ids = (f"codeassistd/{number}" for number in itertools.count(1))
        self.fm.builtin_features.clear()
        self.fm.add_builtin_feature(types.INITIALIZE, self._initialize)
        self.fm.add_builtin_feature(types.SHUTDOWN, self._shut_down)

    def receive(self, body: bytes) -> None:
        """Handle a message; whatever is wrong with it is the sender's business alone."""
        try:
            message = parse_message(body)
        except MessageError as error:
            self._respond_with_error(error.id, RequestError(error.code, error.message), "")
        else:
            self._handle(message)

    def complain(self, error: RequestError) -> None:
        """Send an error that belongs to no request."""
        self._respond_with_error(None, error, "")

    def tell(self, method: str, params: object) -> None:
        """Send a notification."""
        self._post({"jsonrpc": "2.0", "method": method, "params": params})

    async def ask(self, method: str, params: object) -> object:
        """Send a request and wait for the client's answer, as JSON gave it.

        Raises:
            RefusedError: The client refuses.
        """
        id_ = next(self._ids)
        answer = asyncio.get_running_loop().create_future()
        self._asked[id_] = answer
        try:
            self._post({"jsonrpc": "2.0", "id": id_, "method": method, "params": params})
            return await answer
        finally:
            del self._asked[id_]

    def cancel_all(self, *, silently: bool = False) -> list[asyncio.Future[Any]]:
        """Give up every request that has no answer yet; gives those, to wait for.

        Args:
            silently: Whether they get no answer: the end of the connection says more than one would.
        """
        self._is_silent = silently
        under_way = cast("list[asyncio.Future[Any]]", list(self._request_futures.values()))
        for future in under_way:
            future.cancel()
        return under_way

    def to_plain(self, value: object) -> object:
        """One of LSP's types as JSON has it."""
        return self._converter.unstructure(value)

    def _handle(self, message: Message) -> None:
        match message:
            case Reply():
                self._settle(message)
            case Notification(method=types.EXIT):
                self.cancel_all()
                self.exited = True
            case Notification():
                if self.phase == "running":
                    self._notice(message)
            case Request():
                try:
                    self._check_phase(message)
                    self._answer(message)
                except Exception as error:  # noqa: BLE001
                    self._respond_with_error(message.id, error, message.method)

    def _check_phase(self, request: Request) -> None:
        if not _expects_answer(request.method):
            raise RequestError(types.ErrorCodes.InvalidRequest, f"{request.method} is a notification")
        if request.id in self._request_futures:
            raise RequestError(
                types.ErrorCodes.InvalidRequest, "another request with the same id has no answer yet"
            )
        if self.phase == "new" and request.method != types.INITIALIZE:
            raise RequestError(types.ErrorCodes.ServerNotInitialized, "send initialize first")
        if self.phase == "running" and request.method == types.INITIALIZE:
            raise RequestError(types.ErrorCodes.InvalidRequest, "the session is initialized already")
        if self.phase == "shut down":
            raise RequestError(types.ErrorCodes.InvalidRequest, "the session is shut down")
        if len(self._request_futures) >= MAX_IN_FLIGHT:
            raise RequestError(
                types.LSPErrorCodes.ServerCancelled,
                f"{MAX_IN_FLIGHT} requests have no answer yet",
                "wait for answers, or cancel requests that are no longer needed",
            )

    def _answer(self, request: Request) -> None:
        handler = self._get_handler(request.method)
        self._execute_handler(
            request.id,
            handler,
            callback=partial(self._finish, id_=request.id, method=request.method),
            args=(self._structured(request),),
        )

    def _notice(self, notification: Notification) -> None:
        try:
            params = self._structured(notification)
            if notification.method == types.CANCEL_REQUEST:
                if future := self._request_futures.get(params.id):
                    future.cancel()
            elif not _expects_answer(notification.method):
                self._get_handler(notification.method)(params)
        except JsonRpcMethodNotFound:
            _log.debug("a notification %.80s is not for us", notification.method)
        except Exception as error:  # noqa: BLE001
            # There is no answer to a notification, and its content is nobody else's business.
            _log.warning("a notification %.80s is no good: %s", notification.method, type(error).__name__)

    def _structured(self, message: Request | Notification) -> Any:
        """The params as LSP's type; as JSON gave them when the method is none of LSP's."""
        # Not pygls' own look-up: its cache keeps every session that ever asked.
        known = types.METHOD_TO_TYPES.get(message.method)
        if known is None:
            return message.params
        member = _STRINGS.get(message.method)
        if member is not None:
            _check_string(message.params, member)
        whole = {"jsonrpc": "2.0", "id": 0, "method": message.method, "params": message.params or {}}
        try:
            return self._converter.structure(whole, known[0]).params
        except Exception as error:
            raise RequestError(
                types.ErrorCodes.InvalidParams,
                f"the params of {message.method} are not what LSP says",
                "check the names and types of their members",
            ) from error

    def _finish(self, future: Future[Any], *, id_: MessageId, method: str) -> None:
        self._request_futures.pop(id_, None)
        if future.cancelled() and self._is_silent:
            return
        error = asyncio.CancelledError() if future.cancelled() else future.exception()
        if error is not None:
            self._respond_with_error(id_, error, method)
            return
        result = future.result()
        try:
            text = result.text if isinstance(result, EncodedResult) else self._to_json(result)
        except Exception as broken:  # noqa: BLE001
            self._respond_with_error(id_, broken, method)
            return
        self.deliver(f'{{"jsonrpc":"2.0","id":{json.dumps(id_)},"result":{text}}}'.encode())

    def _respond_with_error(self, id_: MessageId | None, error: BaseException, method: str) -> None:
        if not is_expected(error):
            _log.error("%s failed", method, exc_info=error)
        self._post({"jsonrpc": "2.0", "id": id_, "error": error_object(error, method)})

    def _settle(self, reply: Reply) -> None:
        future = self._asked.get(reply.id)
        if future is None or future.done():
            return
        if reply.error:
            future.set_exception(RefusedError(reply.error))
        else:
            future.set_result(reply.result)

    def _post(self, message: dict[str, object]) -> None:
        self.deliver(self._to_json(message).encode())

    def _to_json(self, value: object) -> str:
        return json.dumps(value, default=self._converter.unstructure, allow_nan=False, separators=(",", ":"))

    def _initialize(self, params: types.InitializeParams) -> types.InitializeResult:
        self.client_capabilities = params.capabilities
        encoding = ServerCapabilitiesBuilder.choose_position_encoding(params.capabilities)
        self.position_encoding = types.PositionEncodingKind(encoding).value
        if handler := self.fm.features.get(types.INITIALIZE):
            handler(params)
        capabilities = ServerCapabilitiesBuilder(
            params.capabilities,
            set(self.fm.features),
            self.fm.feature_options,
            list(self.fm.commands),
            types.TextDocumentSyncKind.Incremental,
            position_encoding=encoding,
        ).build()  # type: ignore[no-untyped-call]
        self.phase = "running"
        return types.InitializeResult(capabilities, server_info=self.server_info)

    def _shut_down(self, _params: object) -> None:
        self.phase = "shut down"
        self.cancel_all()


def _expects_answer(method: str) -> bool:
    """Whether a method is a request; all that LSP doesn't know are."""
    known = types.METHOD_TO_TYPES.get(method)
    return known is None or "id" in attrs.fields_dict(known[0])


def _check_string(params: object, member: str) -> None:
    value = params.get(member) if isinstance(params, dict) else None
    if not isinstance(value, str):
        found = "missing" if value is None else "no string"
        raise ParamsError(f"params.{member} is {found}", "it must be a string")
