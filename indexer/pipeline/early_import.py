"""Imports that take long, made while something else is done."""

from __future__ import annotations

import contextlib
import sys
import threading
from importlib import import_module
from importlib.util import resolve_name
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TABLE = "..store.table"
_SWITCH_SECONDS = 0.001


@contextlib.contextmanager
def table_imported_meanwhile(*, needed: bool) -> Iterator[None]:
    """Import LanceDB, which takes half a second, while files are read and the model is loaded.

    Args:
        needed: False does nothing.
    """
    if not needed or resolve_name(_TABLE, __package__) in sys.modules:
        yield
        return
    # LanceDB needs `importlib.abc`, which begins with `importlib.resources.abc`, and grammars begin with
    # `importlib.resources`: either thread would hold what the other one waits for.
    import_module("importlib.abc")

    importing = threading.Thread(target=_import_table)
    interval = sys.getswitchinterval()
    # The model's arithmetic gives up the interpreter's lock some hundred times, and would wait for 5 ms each
    # time to get it back.
    sys.setswitchinterval(_SWITCH_SECONDS)
    importing.start()
    try:
        yield
    finally:
        importing.join()
        sys.setswitchinterval(interval)


def _import_table() -> None:
    # Whoever needs the table imports it, too, and meets what is wrong.
    with contextlib.suppress(Exception):
        import_module(_TABLE, __package__)
