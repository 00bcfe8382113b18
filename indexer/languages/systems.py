"""Go, Rust, Zig, Solidity."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .syntax import Found, Syntax, constantly, define, field, text_of, types

if TYPE_CHECKING:
    from tree_sitter import Node

_RECEIVER = re.compile(r"([\w.]+)\s*(?:\[[^\]]*\]\s*)?\)?$")
_PATH = re.compile(r"[\w:]+")


def _go_method(node: Node) -> Found:
    receiver = _RECEIVER.search(text_of(node.child_by_field_name("receiver")))
    owner = receiver.group(1) + "." if receiver else ""
    return Found("method", owner + field("name")(node), node)


def _go_type(node: Node) -> Found | None:
    specs = [each for each in node.named_children if each.type in {"type_spec", "type_alias"}]
    if len(specs) != 1:
        return None
    value = specs[0].child_by_field_name("type")
    kind = {"struct_type": "struct", "interface_type": "interface"}.get(value.type if value else "", "type")
    return Found(kind, field("name")(specs[0]), node)


GO = Syntax(
    definitions={
        "function_declaration": define("function"),
        "method_declaration": _go_method,
        "type_declaration": _go_type,
    },
    bodies=types("source_file ERROR"),
)


def _rust_impl(node: Node) -> Found:
    name = _PATH.search(text_of(node.child_by_field_name("type")).lstrip("&*' "))
    return Found("impl", name.group().replace("::", ".") if name else "", node)


RUST = Syntax(
    definitions={
        "function_item": define("function"),
        "struct_item": define("struct"),
        "union_item": define("struct"),
        "enum_item": define("enum"),
        "trait_item": define("trait"),
        "impl_item": _rust_impl,
        "mod_item": lambda node: (
            Found("module", field("name")(node), node) if node.child_by_field_name("body") else None
        ),
        "macro_definition": define("macro"),
        "type_item": define("type"),
        "const_item": define("constant"),
        "static_item": define("constant"),
    },
    bodies=types("source_file declaration_list foreign_mod_item ERROR"),
    leads=types("line_comment block_comment attribute_item inner_attribute_item"),
)

_ZIG_CONTAINERS = {"struct": "struct", "enum": "enum", "union": "struct", "opaque": "struct"}


def _zig_container(node: Node) -> str:
    """The kind of container that a value builds, "" when it builds none."""
    value = node.named_children[-1] if node.named_child_count else None
    for _ in range(4):
        if value is None:
            return ""
        if value.type == "ContainerDecl":
            head = text_of(value).split("{", 1)[0]
            return next((kind for word, kind in _ZIG_CONTAINERS.items() if word in head), "struct")
        value = value.named_children[0] if value.named_child_count else None
    return ""


def _zig_decl(node: Node) -> Found | None:
    for each in node.named_children:
        if each.type == "FnProto":
            return Found("function", field("function")(each), node)
        if each.type == "VarDecl":
            return Found(_zig_container(each) or "constant", field("variable_type_function")(each), node)
    return None


ZIG = Syntax(
    definitions={
        "Decl": _zig_decl,
        "TestDecl": lambda node: Found(
            "function",
            "test " + text_of(node.named_children[0]).strip('"') if node.named_child_count else "",
            node,
        ),
    },
    bodies=types(
        "source_file ContainerDecl VarDecl ErrorUnionExpr SuffixExpr Block Statement AssignExpr ERROR"
    ),
    leads=types("line_comment doc_comment container_doc_comment"),
)

SOLIDITY = Syntax(
    definitions={
        "contract_declaration": define("class"),
        "interface_declaration": define("interface"),
        "library_declaration": define("module"),
        "function_definition": define("function"),
        "modifier_definition": define("function"),
        "constructor_definition": define("method", constantly("constructor")),
        "struct_declaration": define("struct"),
        "enum_declaration": define("enum"),
        "event_definition": define("type"),
    },
    bodies=types("source_file contract_body ERROR"),
)
