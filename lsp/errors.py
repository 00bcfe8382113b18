"""Failures as the client sees them: an LSP code, a message that says what to do, and {reason, hint}."""

from __future__ import annotations

import asyncio

from lsprotocol.types import ErrorCodes, LSPErrorCodes
from pygls.exceptions import JsonRpcMethodNotFound

from ..models.errors import CodeassistdError, UsageError
from .service import CancelledError

_REASONS: dict[int, str] = {
    ErrorCodes.ParseError: "parseError",
    ErrorCodes.InvalidRequest: "invalidRequest",
    ErrorCodes.MethodNotFound: "methodNotFound",
    ErrorCodes.InvalidParams: "invalidParams",
    ErrorCodes.InternalError: "internalError",
    ErrorCodes.ServerNotInitialized: "notInitialized",
    LSPErrorCodes.RequestCancelled: "cancelled",
    LSPErrorCodes.ContentModified: "contentModified",
    LSPErrorCodes.RequestFailed: "requestFailed",
    LSPErrorCodes.ServerCancelled: "tooManyRequests",
}


class RequestError(CodeassistdError):
    """A request is refused with a code of its own.

    Args:
        code: The LSP or JSON-RPC code.
        message: One line: what is wrong.
        hint: One line: what to do about it.
    """

    def __init__(self, code: int, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.code = code


class ParamsError(RequestError):
    """The params of a request are wrong."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(ErrorCodes.InvalidParams, message, hint)


def error_object(error: BaseException, method: str) -> dict[str, object]:
    """The `error` of a response.

    Args:
        error: Why there is no result.
        method: Of the request.

    Returns:
        `code`, `message` (with the hint, for clients that show nothing else) and `data`.
    """
    match error:
        case RequestError():
            return _object(error.code, error.message, error.hint)
        case UsageError():
            return _object(ErrorCodes.InvalidParams, error.message, error.hint)
        case CodeassistdError():
            return _object(LSPErrorCodes.RequestFailed, error.message, error.hint)
        case CancelledError() | asyncio.CancelledError():
            return _object(LSPErrorCodes.RequestCancelled, f"{method} was cancelled", "")
        case JsonRpcMethodNotFound():
            return _object(
                ErrorCodes.MethodNotFound,
                f"there is no method {method[:80]!r}",
                "lsp/METHODS.md lists the methods that codeassistd adds to LSP",
            )
        case _:
            return _object(
                ErrorCodes.InternalError,
                f"codeassistd failed to answer {method} ({type(error).__name__})",
                "try again; `codeassistd logs` says more",
            )


def is_expected(error: BaseException) -> bool:
    """Whether a failure is the client's business alone, and not a defect to be logged."""
    return isinstance(
        error, CodeassistdError | CancelledError | asyncio.CancelledError | JsonRpcMethodNotFound
    )


def _object(code: int, message: str, hint: str) -> dict[str, object]:
    return {
        "code": int(code),
        "message": f"{message}; {hint}" if hint else message,
        "data": {"reason": _REASONS.get(code, "requestFailed"), "hint": hint},
    }
