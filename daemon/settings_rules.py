"""What a setting may hold: one rule a key, for values from TOML and for text from the environment."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..models.hub.address import is_endpoint

RuleKind = Literal[
    "flag", "integer", "number", "choice", "globs", "url", "folder", "gguf", "model", "reranker", "word",
    "words",
]  # fmt: skip

_ALLOWED = {
    "flag": "true or false",
    "url": "an http or https URL, or empty",
    "folder": 'the absolute path of a folder, or "" for none',
    "gguf": 'the name of a pulled model, the absolute path of a .gguf file, or "" for none',
    "model": "the name of a model of `codeassistd models list`, or the absolute path of a model's folder",
    "reranker": 'the name of a pulled model, the absolute path of a folder, or "" for none',
    "word": "text without white space, or empty",
    "words": 'a list of words, for instance ["markdown", "plaintext"]',
    "globs": 'a list of glob patterns, for instance ["*.py", "docs/"]',
}
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


class RuleError(ValueError):
    """A value breaks its rule; the message reads on from the key: "must be …"."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The values a setting may take.

    Attributes:
        kind: Shape of the value.
        description: One sentence for `config show` and the documentation.
        in_workspace: Whether a workspace's own file may set it.
        choices: Allowed words of a "choice".
        minimum: Least "integer" or "number".
        maximum: Greatest "integer" or "number".
    """

    kind: RuleKind
    description: str
    in_workspace: bool = False
    choices: tuple[str, ...] = ()
    minimum: float = 0
    maximum: float = float("inf")

    @property
    def allowed(self) -> str:
        """The allowed values in words."""
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        if self.kind in _ALLOWED:
            return _ALLOWED[self.kind]
        noun = "a whole number" if self.kind == "integer" else "a number"
        if self.maximum == float("inf"):
            return f"{noun}, at least {self.minimum:,.15g}"
        return f"{noun} from {self.minimum:,.15g} to {self.maximum:,.15g}"

    def check(self, value: object) -> object:
        """The value in the form settings keep it.

        Args:
            value: As TOML gave it.

        Returns:
            The value; a list as a tuple.

        Raises:
            RuleError: The value is of another type or out of range.
        """
        match self.kind:
            case "flag" if isinstance(value, bool):
                return value
            case "integer" if (
                isinstance(value, int) and not isinstance(value, bool) and self._in_range(value)
            ):
                return value
            case "number" if isinstance(value, int | float) and not isinstance(value, bool):
                if self._in_range(value):
                    return float(value)
            case "choice" | "url" | "folder" | "gguf" | "model" | "reranker" | "word" if isinstance(
                value, str
            ):
                if self._may_be(value):
                    return value
            case "words" if isinstance(value, list) and all(_is_word(item) for item in value):
                return tuple(value)
            case "globs" if isinstance(value, list) and all(isinstance(item, str) for item in value):
                return tuple(_checked_glob(item) for item in value)
            case _:
                pass
        raise RuleError(f"must be {self.allowed}; it is {_shown(value)}")

    def parse(self, text: str) -> object:
        """The value that text from the environment or the command line means.

        Args:
            text: For lists, items separated by commas, or a TOML list.

        Returns:
            The checked value.

        Raises:
            RuleError: The text is no such value.
        """
        word = text.strip()
        if self.kind == "flag":
            if word.lower() in _TRUE | _FALSE:
                return word.lower() in _TRUE
            raise RuleError(f"must be {self.allowed}; it is {_shown(text)}")
        if self.kind in {"globs", "words"} and not word.startswith("["):
            return self.check([item.strip() for item in word.split(",") if item.strip()])
        if self.kind in {"choice", "url", "folder", "gguf", "model", "reranker", "word"}:
            return self.check(word)
        try:
            return self.check(tomllib.loads(f"value = {word}")["value"])
        except tomllib.TOMLDecodeError:
            raise RuleError(f"must be {self.allowed}; it is {_shown(text)}") from None

    def _may_be(self, text: str) -> bool:
        match self.kind:
            case "url":
                return not text or is_endpoint(text)
            case "folder":
                return _is_folder(text)
            case "gguf":
                return _is_name(text) or (_is_folder(text) and text.endswith(".gguf"))
            case "model" | "reranker":
                is_any = text != "" or self.kind == "reranker"
                return is_any and (_is_name(text) or _is_folder(text))
            case "word":
                return not text or _is_word(text)
            case _:
                return text in self.choices

    def _in_range(self, value: float) -> bool:
        return not isinstance(value, bool) and self.minimum <= value <= self.maximum


def _is_folder(path: str) -> bool:
    """Whether it may name a folder; what is in it is seen when it is used."""
    return not path or ("\0" not in path and (path.startswith("~") or Path(path).is_absolute()))


def _is_name(text: str) -> bool:
    """Whether it may name a pulled model; whether there is one is seen when it is used."""
    return not text or (text[0].isalnum() and not text.endswith(".gguf") and _is_word(text))


def _is_word(value: object) -> bool:
    return isinstance(value, str) and value != "" and value.isprintable() and not any(map(str.isspace, value))


def _checked_glob(pattern: str) -> str:
    if not pattern.strip():
        raise RuleError("must not hold an empty pattern")
    if "\0" in pattern or "\n" in pattern:
        raise RuleError(f"must not hold a line break or NUL: {_shown(pattern)}")
    if ".." in pattern.lstrip("!").replace("\\", "/").split("/"):
        raise RuleError(f"must stay inside the workspace: {_shown(pattern)}")
    return pattern


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def obeys(rule: Rule) -> dict[str, Rule]:
    """The metadata of a field whose values obey a rule."""
    return {"rule": rule}
