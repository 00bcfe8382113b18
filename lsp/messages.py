"""What a message body is: a request, a notification, or the answer to a request of ours."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TypeAlias, cast

from lsprotocol.types import ErrorCodes

MessageId: TypeAlias = "int | str"


@dataclass(frozen=True, slots=True)
class Request:
    """Something the client wants answered; `params` is as JSON gave it, None when absent."""

    id: MessageId
    method: str
    params: object


@dataclass(frozen=True, slots=True)
class Notification:
    """Something the client tells."""

    method: str
    params: object


@dataclass(frozen=True, slots=True)
class Reply:
    """The client's answer to a request of ours; `error` is its message, "" when there is none."""

    id: MessageId
    result: object
    error: str


Message: TypeAlias = Request | Notification | Reply


class MessageError(Exception):
    """A body is no JSON-RPC message.

    Args:
        code: Of the JSON-RPC error.
        message: What is wrong with it.
        id: Of the request that it was meant to be; None when that can't be told.
    """

    def __init__(self, code: ErrorCodes, message: str, id: MessageId | None = None) -> None:  # noqa: A002
        super().__init__(message)
        self.code = code
        self.message = message
        self.id = id


def parse_message(body: bytes) -> Message:
    """Tell what a body is.

    Args:
        body: A message without its headers.

    Returns:
        The message; the types of its parts are right, what `params` and `result` hold is not looked at.

    Raises:
        MessageError: It is not JSON, or JSON of another shape.
    """
    try:
        document: object = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MessageError(ErrorCodes.ParseError, "a message is not JSON in UTF-8") from error
    if not isinstance(document, dict):
        raise MessageError(ErrorCodes.InvalidRequest, "a message is not a JSON object")
    fields = cast("dict[str, object]", document)
    id_ = _id_of(fields)
    if fields.get("jsonrpc") != "2.0":
        raise MessageError(ErrorCodes.InvalidRequest, 'a message does not say "jsonrpc": "2.0"', id_)
    if "method" not in fields:
        return _reply(fields, id_)
    method, params = fields["method"], fields.get("params")
    if not isinstance(method, str):
        raise MessageError(ErrorCodes.InvalidRequest, "the method of a message is not a string", id_)
    if not isinstance(params, dict | list | None):
        raise MessageError(
            ErrorCodes.InvalidRequest, "the params of a message are neither object nor list", id_
        )
    if "id" not in fields:
        return Notification(method, params)
    if id_ is None:
        raise MessageError(ErrorCodes.InvalidRequest, "the id of a request is neither integer nor string")
    return Request(id_, method, params)


def _id_of(fields: dict[str, object]) -> MessageId | None:
    found = fields.get("id")
    return found if isinstance(found, int | str) and not isinstance(found, bool) else None


def _reply(fields: dict[str, object], id_: MessageId | None) -> Reply:
    if "result" not in fields and "error" not in fields:
        raise MessageError(ErrorCodes.InvalidRequest, "a message has no method", id_)
    if id_ is None:
        raise MessageError(ErrorCodes.InvalidRequest, "an answer has no id")
    error = fields.get("error")
    if error is None:
        return Reply(id_, fields.get("result"), "")
    message = cast("dict[str, object]", error).get("message") if isinstance(error, dict) else None
    return Reply(id_, None, str(message or "refused"))
