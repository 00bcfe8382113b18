"""The files that the model knows, and the functions that it can be told about."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

FOLDER = Path(__file__).parent

LANGUAGES = {"py": "python", "js": "javascript", "go": "go", "ts": "typescript", "lua": "lua"}


@dataclass(frozen=True, slots=True)
class Document:
    """A file of the corpus."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Function:
    """A function that has a summary.

    Attributes:
        name: As it is called.
        document: Its file.
        code: Its text, without a line break at the end.
        summary: What it does, in one sentence.
    """

    name: str
    document: Document
    code: str
    summary: str

    @property
    def ending(self) -> str:
        """Of its file's name."""
        return self.document.path.rpartition(".")[2]

    def documentation(self) -> str:
        """The summary as the language's documentation."""
        if self.ending == "py":
            return f'"""{self.summary}"""'
        return f"/** {self.summary} */" if self.ending == "js" else f"// {self.name}: {self.summary}"

    def documented(self) -> str:
        """Its code with its documentation."""
        first, _, rest = self.code.partition("\n")
        if self.ending == "py":
            return f"{first}\n    {self.documentation()}\n{rest}"
        return f"{self.documentation()}\n{self.code}"

    def around(self) -> tuple[str, str]:
        """Its file's text before and after it."""
        before, _, after = self.document.text.partition(self.code)
        return before, after


def load_documents() -> list[Document]:
    """All files, in the order of their names."""
    paths = sorted((FOLDER / "corpus").iterdir())
    return [Document(path.name, path.read_text(encoding="utf-8")) for path in paths]


def load_functions() -> list[Function]:
    """All functions with a summary, in the order of their files' names."""
    summaries = json.loads((FOLDER / "summaries.json").read_text(encoding="utf-8"))
    functions = []
    for document in load_documents():
        for code in re.split(r"\n\n+", document.text.strip()):
            match = re.match(r"(?:def|function|func)(?: \([^)]*\))? (\w+)", code)
            if match and match[1] in summaries:
                functions.append(Function(match[1], document, code, summaries[match[1]]))
    return functions


def excerpt(random: Random, document: Document) -> str:
    """Some whole lines of a file that stand together."""
    lines = document.text.splitlines()
    first = random.randrange(len(lines))
    return "\n".join(lines[first : first + random.randint(2, 12)]).strip("\n")
