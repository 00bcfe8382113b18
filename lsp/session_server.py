"""The pygls server of one session."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, cast

from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

from .. import __version__
from .session_protocol import SessionProtocol

if TYPE_CHECKING:
    from cattrs import Converter
    from pygls.server import ServerErrors


class SessionServer(LanguageServer):
    """Holds the features that one client may use; it has neither threads nor a transport of its own."""

    protocol: SessionProtocol

    def __init__(self) -> None:
        super().__init__(
            "codeassistd", __version__, protocol_cls=SessionProtocol, converter_factory=_shared_converter
        )

    def report_server_error(self, error: Exception, source: ServerErrors) -> None:
        """Nothing: a failed request has its answer, and a pop-up for it would be a second one."""


@cache
def _shared_converter() -> Converter:
    """Making one takes milliseconds, and all sessions need the same."""
    return cast("Converter", default_converter())  # type: ignore[no-untyped-call]
