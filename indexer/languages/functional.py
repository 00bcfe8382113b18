"""Elixir, Erlang, Haskell, OCaml, Clojure, Elm."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .syntax import Found, Recognizer, Syntax, child, define, field, text_of, types

if TYPE_CHECKING:
    from tree_sitter import Node

_ELIXIR_KINDS = {
    "defmodule": "module",
    "defprotocol": "interface",
    "defimpl": "impl",
    "def": "function",
    "defp": "function",
    "defmacro": "macro",
    "defmacrop": "macro",
    "defguard": "macro",
    "defguardp": "macro",
    "defdelegate": "function",
    "describe": "module",
    "test": "function",
    "property": "function",
}


def _elixir_head(node: Node) -> str:
    """The name in `name(args) when guard`."""
    for _ in range(4):
        if node.type != "binary_operator":
            break
        left = node.child_by_field_name("left")
        operator = text_of(node.child_by_field_name("operator"))
        if left is None:
            break
        if operator != "when":
            return operator
        node = left
    if node.type == "call":
        return text_of(node.child_by_field_name("target"))
    return text_of(node).strip('"')


def _elixir_call(node: Node) -> Found | None:
    kind = _ELIXIR_KINDS.get(text_of(node.child_by_field_name("target")))
    if kind is None:
        return None
    arguments = next((each for each in node.children if each.type == "arguments"), None)
    if arguments is None or not arguments.named_child_count:
        return None
    name = _elixir_head(arguments.named_children[0])
    target = re.search(r"\bfor: *([\w.]+)", text_of(arguments)) if kind == "impl" else None
    return Found(kind, f"{name}.{target.group(1)}" if target else name, node)


ELIXIR = Syntax(
    definitions={"call": _elixir_call},
    bodies=types("source do_block ERROR"),
    leads=types("comment unary_operator"),
    clauses=True,
)


def _erlang_name(node: Node) -> str:
    clause = node.named_children[0] if node.named_child_count else node
    return field("name")(clause) or text_of(clause).split("(", 1)[0]


ERLANG = Syntax(
    definitions={
        "fun_decl": define("function", _erlang_name),
        "record_decl": define("struct"),
        "type_alias": define("type"),
    },
    bodies=types("source_file ERROR"),
    leads=types("comment spec"),
    clauses=True,
)


def _haskell_equation(node: Node) -> Found | None:
    name = field("name")(node)
    if not name:
        infix = next((each for each in node.named_children if each.type == "infix"), None)
        name = field("operator")(infix) if infix is not None else ""
    if not name:
        names = node.child_by_field_name("names")
        name = text_of(names).split(",", 1)[0] if names is not None else ""
    return Found("function", name.strip("()` "), node) if name else None


def _haskell_instance(node: Node) -> Found:
    """Members of an instance belong to its type, as in Rust."""
    owner = re.search(r"[A-Z][\w']*", text_of(node.child_by_field_name("patterns")))
    return Found("impl", owner.group() if owner else field("name")(node), node)


HASKELL = Syntax(
    definitions={
        "function": _haskell_equation,
        "bind": _haskell_equation,
        "signature": _haskell_equation,
        "data_type": define("type"),
        "newtype": define("type"),
        "type_synomym": define("type"),
        "type_family": define("type"),
        "class": define("trait"),
        "instance": _haskell_instance,
    },
    bodies=types("haskell header imports declarations class_declarations instance_declarations ERROR"),
    leads=types("comment haddock pragma"),
    clauses=True,
)

_OCAML: dict[str, Recognizer] = {
    "value_definition": define("function", lambda node: _ocaml_inner(node, "let_binding", "pattern")),
    "type_definition": define("type", lambda node: _ocaml_inner(node, "type_binding", "name")),
    "module_definition": define("module", lambda node: _ocaml_inner(node, "module_binding", "name")),
    "class_definition": define("class", lambda node: _ocaml_inner(node, "class_binding", "name")),
}


def _ocaml_inner(node: Node, binding: str, name: str) -> str:
    inner = next((each for each in node.named_children if each.type == binding), None)
    if inner is None:
        return ""
    return field(name)(inner) or child("module_name", "value_name", "type_constructor")(inner)


OCAML = Syntax(
    definitions=_OCAML,
    bodies=types("compilation_unit module_binding structure ERROR"),
)

_CLOJURE_KINDS = {
    "defn": "function",
    "defn-": "function",
    "defmacro": "macro",
    "defmulti": "function",
    "defmethod": "method",
    "deftest": "function",
    "defprotocol": "interface",
    "defrecord": "struct",
    "deftype": "struct",
    "def": "constant",
    "defonce": "constant",
}


def _clojure_list(node: Node) -> Found | None:
    parts = [each for each in node.named_children[:4] if each.type == "sym_lit"]
    kind = _CLOJURE_KINDS.get(text_of(parts[0]).rsplit("/", 1)[-1]) if len(parts) > 1 else None
    return None if kind is None else Found(kind, field("name")(parts[1]), node)


CLOJURE = Syntax(definitions={"list_lit": _clojure_list}, bodies=types("source ERROR"))

ELM = Syntax(
    definitions={
        "value_declaration": define("function", lambda node: text_of(node).split(" ", 1)[0]),
        "type_annotation": define("function"),
        "type_declaration": define("type"),
        "type_alias_declaration": define("type"),
    },
    bodies=types("file ERROR"),
    leads=types("line_comment block_comment"),
    clauses=True,
)
