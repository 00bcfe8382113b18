"""What the index knows about a language: how to tell it, how to name it, which grammar reads it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """One language, or one kind of text.

    Attributes:
        name: The identifier stored with every chunk and accepted by filters, lower case ("csharp").
        title: The name people write ("C#").
        grammar: The tree-sitter grammar that reads it; None for text that is cut by size or by heading.
        aliases: Other names a user may give.
        extensions: File name endings, lower case, without the leading dot ("py", "d.ts").
        filenames: Whole file names, lower case.
        interpreters: Programs whose name in a `#!` line gives the language away.
    """

    name: str
    title: str
    grammar: str | None = None
    aliases: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    filenames: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()
