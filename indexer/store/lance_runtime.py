"""Importing LanceDB as an embedded library: quiet, and without its clients for remote services.

`import lancedb` loads a generated REST client (`lance_namespace_urllib3_client`), whose validated methods
and messages take most of the import's second to build, the client of LanceDB's cloud, and one class for
each provider of embeddings. An index is a local folder and its vectors are ours, so nothing of that is
ever called: placeholders stand in for those classes. Nothing else of LanceDB is touched.
"""

from __future__ import annotations

import gc
import importlib.abc
import importlib.machinery
import os
import sys
import threading
import warnings
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_REMOTE = (
    "lance_namespace_urllib3_client",
    "lancedb.remote",
    "lancedb.namespace",
    *(
        f"lancedb.embeddings.{provider}"
        for provider in (
            "bedrock", "cohere", "colpali", "gemini_text", "gte", "imagebind", "instructor", "jinaai",
            "ollama", "open_clip", "openai", "sentence_transformers", "siglip", "transformers", "voyageai",
            "watsonx",
        )
    ),
)  # fmt: skip

# Read once, when LanceDB's native library starts; its notices are about its own housekeeping.
os.environ.setdefault("LANCEDB_LOG", "error")

# Arrow's own allocator keeps what it was given; that of the system can be told to give it back.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

# Readers are kept out while old versions are deleted, and that is what this warns about.
warnings.filterwarnings("ignore", message=r"optimize\(cleanup_older_than=0\)", category=UserWarning)


class _Placeholders(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of remote services as empty ones that have a class of any name."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        if fullname in _REMOTE:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        if fullname.startswith(tuple(f"{package}." for package in _REMOTE)):
            return importlib.machinery.ModuleSpec(fullname, self)
        return None

    def exec_module(self, module: ModuleType) -> None:
        module.__getattr__ = _placeholder  # type: ignore[method-assign]


def _placeholder(name: str) -> type:
    if name.startswith("__"):
        raise AttributeError(name)
    return type(name, (), {})


def _unchecked_overrides() -> ModuleType:
    """Stands for `overrides`, which reads the byte code around each of LanceDB's methods that it marks."""
    module = ModuleType("overrides")
    vars(module).update(override=lambda method: method, EnforceOverrides=type("EnforceOverrides", (), {}))
    return module


def _import_lancedb() -> None:
    if "lancedb" in sys.modules:
        return
    finder = _Placeholders()
    is_first = "overrides" not in sys.modules
    sys.meta_path.insert(0, finder)
    if is_first:
        sys.modules["overrides"] = _unchecked_overrides()
    try:
        import lancedb  # noqa: F401, PLC0415
    finally:
        sys.meta_path.remove(finder)
        if is_first:
            del sys.modules["overrides"]


_import_lancedb()

import lancedb  # noqa: E402
from lancedb.index import FTS, BTree, IvfSq, LabelList  # noqa: E402
from lancedb.query import MatchQuery  # noqa: E402

_INDEX_CACHE_BYTES = 128_000_000
_METADATA_CACHE_BYTES = 32_000_000
_MOST_OPENED = 64


class _Caches:
    """Caches that tables share, until so many were opened; see `session`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._session: lancedb.Session | None = None
        self._opened = 0

    def share(self) -> lancedb.Session:
        with self._lock:
            if is_worn := self._opened >= _MOST_OPENED:
                self._session = None
            if self._session is None:
                self._session = lancedb.Session(_INDEX_CACHE_BYTES, _METADATA_CACHE_BYTES)
                self._opened = 0
            self._opened += 1
            shared = self._session
        if is_worn:
            # Tables that were closed, and the tasks that read them, refer to each other.
            gc.collect()
        return shared

    def drop(self) -> None:
        with self._lock:
            self._session = None


_caches = _Caches()


def session() -> lancedb.Session:
    """The caches for a table that is opened now, bounded: LanceDB's own bounds are 6 and 1 GB.

    Caches hold files open, also those of revisions that were deleted since, so that after some revisions
    they are begun anew.
    """
    return _caches.share()


def drop_caches() -> None:
    """Let tables that are opened from now on start with empty caches; those of others go with them."""
    _caches.drop()


__all__ = ["FTS", "BTree", "IvfSq", "LabelList", "MatchQuery", "drop_caches", "lancedb", "session"]
