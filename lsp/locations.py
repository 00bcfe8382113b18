"""file: URIs and paths."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from .errors import ParamsError

_DRIVE = re.compile(r"^/[a-zA-Z]:")


def path_of_uri(uri: str) -> Path | None:
    """The file that a URI names.

    Returns:
        An absolute, normalised path; None when the URI is of another scheme (an unsaved document, say).

    Raises:
        ParamsError: It is no URI, or names no file that can exist.
    """
    try:
        parts = urlsplit(uri)
    except ValueError as error:
        raise ParamsError(f"{uri[:200]!r} is not a URI", "file:///folder/file is one") from error
    if parts.scheme != "file":
        return None
    text = os.fsdecode(unquote_to_bytes(parts.path))
    if parts.netloc and parts.netloc != "localhost":
        text = f"//{parts.netloc}{text}"
    elif os.name == "nt" and _DRIVE.match(text):
        text = text[1:]
    return _absolute(text, uri)


def path_of_name(name: str) -> Path:
    """The path that a path or a file: URI names.

    Raises:
        ParamsError: It is neither.
    """
    if "://" in name and (path := path_of_uri(name)) is not None:
        return path
    return _absolute(name, name)


def _absolute(text: str, given: str) -> Path:
    if "\0" in text or not os.path.isabs(text):  # noqa: PTH117
        raise ParamsError(f"{given[:200]!r} is not an absolute path or file: URI", "file:///folder is one")
    return Path(os.path.normpath(text))
