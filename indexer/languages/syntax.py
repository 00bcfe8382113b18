"""How the chunker reads one grammar: which nodes define something, and where to look for members."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(frozen=True, slots=True)
class Found:
    """A definition.

    Attributes:
        kind: What it is ("function", "class", …).
        name: Its own name without the enclosing path; may be dotted ("Type.method"). Empty adds nothing to
            the path of what is inside.
        node: The node that holds the definition itself, without decorators or `export` around it.
    """

    kind: str
    name: str
    node: Node


Recognizer = Callable[["Node"], "Found | None"]
Namer = Callable[["Node"], str]

SCOPE_KINDS = frozenset(
    {"class", "interface", "trait", "struct", "enum", "object", "impl", "extension", "module"}
)
"""Kinds whose members are chunks of their own."""

TYPE_KINDS = SCOPE_KINDS - {"module"}
"""Kinds in which a function is a method."""


@dataclass(frozen=True, slots=True)
class Syntax:
    """One grammar.

    Attributes:
        definitions: What to try on a node of a given type.
        bodies: Node types that only hold other nodes: always looked into.
        long_bodies: Node types looked into when they are long: a program wrapped in one call, say.
        leads: Node types that belong to the definition right below them: comments, attributes.
        tails: Node types that belong to the definition right before them: a body apart from its signature.
        clauses: Whether neighbouring definitions of one name are clauses of one definition.
    """

    definitions: Mapping[str, Recognizer]
    bodies: frozenset[str]
    long_bodies: frozenset[str] = frozenset()
    leads: frozenset[str] = frozenset({"comment"})
    tails: frozenset[str] = frozenset()
    clauses: bool = False


def text_of(node: Node | None) -> str:
    """A node's source on one line, at most 200 characters."""
    if node is None:
        return ""
    raw = node.text or b""
    return " ".join(raw[:200].decode("utf-8", "replace").split())


def field(*names: str) -> Namer:
    """Names a node by the first of these fields that it has."""

    def name(node: Node) -> str:
        for each in names:
            child = node.child_by_field_name(each)
            if child is not None:
                return text_of(child)
        return ""

    return name


def child(*types: str) -> Namer:
    """Names a node by its first child of one of these types."""
    wanted = frozenset(types)

    def name(node: Node) -> str:
        return next((text_of(each) for each in node.children if each.type in wanted), "")

    return name


def constantly(value: str) -> Namer:
    """Names every node the same."""
    return lambda _node: value


def define(kind: str, name: Namer | None = None) -> Recognizer:
    """Recognises every node of a type as a definition of this kind, named by its `name` field unless said."""
    namer = field("name") if name is None else name
    return lambda node: Found(kind, namer(node), node)


def wrapped(definitions: Mapping[str, Recognizer]) -> Recognizer:
    """Recognises the definition that a node wraps (a decorator, `export`, `template<…>`)."""

    def recognize(node: Node) -> Found | None:
        for _ in range(8):
            inner = None
            for each in node.named_children:
                if each.type in definitions:
                    found = definitions[each.type](each)
                    if found is not None:
                        return found
                if each.type == node.type:
                    inner = each
            if inner is None:
                return None
            node = inner
        return None

    return recognize


def types(names: str) -> frozenset[str]:
    """A set of node types from a space-separated list."""
    return frozenset(names.split())
