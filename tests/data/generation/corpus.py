"""The functions that the model knows, and files made of them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

FOLDER = Path(__file__).parent

LANGUAGES = {"py": "python", "js": "javascript", "go": "go"}

_HEADERS = {
    "py": ["", "", '"""Functions."""\n\n\n', "import math\n\n\n", "from __future__ import annotations\n\n\n"],
    "js": ["", "", '"use strict";\n\n', "// @ts-check\n\n"],
    "go": ["", "", "package tools\n\n", 'package main\n\nimport "errors"\n\n'],
}


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the corpus.

    Attributes:
        name: As it is called.
        ending: Of its file's name: "py", "js" or "go".
        path: Of its file.
        code: Its text, without a line break at the end.
        summary: What it does, in one sentence.
    """

    name: str
    ending: str
    path: str
    code: str
    summary: str

    @property
    def gap(self) -> str:
        """What stands between two functions of this language."""
        return "\n\n\n" if self.ending == "py" else "\n\n"

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

    def tested(self) -> str:
        """A test of it."""
        if self.ending == "py":
            return f"def test_{self.name}():\n    assert callable({self.name})"
        if self.ending == "js":
            return f'test("{self.name}", () => {{\n  expect({self.name}).toBeDefined();\n}});'
        return f'func Test{self.name}(t *testing.T) {{\n\tt.Log("{self.name}")\n}}'

    def renamed(self, name: str) -> str:
        """Its code under another name."""
        return re.sub(rf"\b{self.name}\b", name, self.code)


def load_corpus() -> list[Function]:
    """All functions, in the order of their files' names."""
    summaries = json.loads((FOLDER / "summaries.json").read_text(encoding="utf-8"))
    functions = []
    for path in sorted((FOLDER / "corpus").iterdir()):
        for code in re.split(r"\n\n+", path.read_text(encoding="utf-8").strip()):
            match = re.match(r"(?:def|function|func)(?: \([^)]*\))? (\w+)", code)
            assert match, code
            name = match[1]
            functions.append(Function(name, path.suffix[1:], path.name, code, summaries[name]))
    return functions


def file_around(random: Random, function: Function, corpus: list[Function]) -> tuple[str, str]:
    """Text before and after a function in a made-up file of its language, which has up to three others."""
    others = [other for other in corpus if other.ending == function.ending and other != function]
    count = random.choices([0, 1, 2], [6, 3, 1])[0]
    mates = random.sample(others, min(count, len(others)))
    cut = random.randint(0, len(mates))
    before = random.choice(_HEADERS[function.ending])
    before += "".join(mate.code + mate.gap for mate in mates[:cut])
    after = "".join(mate.gap + mate.code for mate in mates[cut:]) + random.choice(["\n", "\n", ""])
    return before, after
