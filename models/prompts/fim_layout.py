"""A fill-in-the-middle prompt put together as a family of models has learnt it; nothing is cut here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..completion import ContextPassage
from .comments import commented
from .families import PLAIN, FimFormat
from .segments import Control, Segment, Text, joined


@dataclass(frozen=True, slots=True)
class FimParts:
    """What goes into a prompt, cut to size.

    Attributes:
        prefix: Text before the cursor.
        suffix: Text after it.
        path: The document's path; "" when unknown.
        language: Its language; "" when unknown.
        workspace: Name of the workspace; "" when unknown.
        passages: Most useful last, so that they stand nearest to the document.
    """

    prefix: str
    suffix: str
    path: str = ""
    language: str = ""
    workspace: str = ""
    passages: Sequence[ContextPassage] = ()


def fim_segments(form: FimFormat, parts: FimParts) -> tuple[Segment, ...]:
    """Put a prompt together.

    Args:
        form: The model's convention and tokens.
        parts: What it is made of.
    """
    beginning = [form.bos] if form.bos else []
    if form.family is PLAIN or form.prefix is None or form.suffix is None:
        return joined([*beginning, Text(_context_text(form, parts) + parts.prefix)])
    if form.file is not None and (parts.path or parts.passages):
        files, path = _files(form, form.file, parts)
        before = form.family.before_prefix + path + parts.prefix
    else:
        files = []
        before = form.family.before_prefix + _context_text(form, parts) + parts.prefix
    prefix: list[Segment] = [form.prefix, Text(before)]
    suffix: list[Segment] = [form.suffix, Text(parts.suffix)]
    document = [*suffix, *prefix] if form.family.suffix_first else [*prefix, *suffix]
    end = [form.middle] if form.middle else []
    return joined([*beginning, *files, *document, *end])


def passage_text(form: FimFormat, passage: ContextPassage, language: str) -> str:
    """A passage as it stands in the prompt, control tokens left out.

    Args:
        form: The model's convention.
        passage: The passage.
        language: Of the document, whose comments it becomes where the model knows no files.
    """
    path = safe_path(passage.path)
    if form.file is not None:
        return _ended(f"{path}\n{passage.text}", form.family.file_end)
    if form.family.path_header:
        header = form.family.path_header.format(path=path)
        return header + passage.text.rstrip("\n") + form.family.file_end
    return commented(f"{path}\n{passage.text}", language) + "\n"


def safe_path(path: str) -> str:
    """A path on one line: names of files may have line breaks, which would read as text of ours."""
    return "".join(character if character.isprintable() else "?" for character in path)


def _files(form: FimFormat, file: Control, parts: FimParts) -> tuple[list[Segment], str]:
    """What stands before the document, and the path that its prefix begins with."""
    segments: list[Segment] = []
    if form.repository is not None and parts.workspace:
        segments += [form.repository, Text(safe_path(parts.workspace) + form.family.repository_end)]
    is_first = not form.family.file_before_first
    for passage in parts.passages:
        segments += [] if is_first else [file]
        segments.append(Text(passage_text(form, passage, parts.language)))
        is_first = False
    segments += [] if is_first else [file]
    path = f"{safe_path(parts.path)}\n" if parts.path else ""
    if form.family.path_place == "inside the prefix":
        return segments, path
    return [*segments, Text(path)], ""


def _context_text(form: FimFormat, parts: FimParts) -> str:
    """The passages as text before the document's, for models that know of one file alone."""
    if not parts.passages:
        return ""
    texts = [passage_text(form, passage, parts.language) for passage in parts.passages]
    if parts.path and form.family.path_header:
        texts.append(form.family.path_header.format(path=safe_path(parts.path)))
    elif parts.path:
        texts.append(commented(safe_path(parts.path), parts.language))
    return "".join(texts)


def _ended(text: str, end: str) -> str:
    return text if text.endswith(end) else text + end
