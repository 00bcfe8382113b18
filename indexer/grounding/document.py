"""What language a document is in, by what its editor says and what its path says. Pure."""

from __future__ import annotations

from ..languages import detect_language, resolve_language

_HEAD = 4096


def document_language(path: str, language: str = "", text: str = "") -> str:
    """Name a document's language as the index does.

    Args:
        path: Its path; only the last part is looked at.
        language: What an editor or a user calls it ("typescriptreact", "C++"); "" when unknown.
        text: Its text, or the beginning of it.

    Returns:
        One of `language_names`; "text" for whatever is not known.
    """
    return resolve_language(language) or detect_language(path, text[:_HEAD]).name
