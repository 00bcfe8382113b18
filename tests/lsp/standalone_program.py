"""A language server with nothing behind it, for tests of standard streams."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from codeassistd.lsp.service import ServiceStatus
from codeassistd.lsp.stdio import serve_stdio


class EmptyService:
    def status(self) -> ServiceStatus:
        print("a library prints")  # noqa: T201  what it is for
        return ServiceStatus(1, "0", 1.0, 1, (), (), 0, ())

    def configure(self, root: Any, settings: Any) -> None: ...


if __name__ == "__main__":
    sys.exit(asyncio.run(serve_stdio(EmptyService())))  # type: ignore[arg-type]
