"""Java, Kotlin, Scala; Swift, whose shape is theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .syntax import Found, Recognizer, Syntax, child, constantly, define, field, text_of, types

if TYPE_CHECKING:
    from tree_sitter import Node

_JAVA: dict[str, Recognizer] = {
    "class_declaration": define("class"),
    "interface_declaration": define("interface"),
    "enum_declaration": define("enum"),
    "record_declaration": define("class"),
    "annotation_type_declaration": define("interface"),
    "method_declaration": define("method"),
    "constructor_declaration": define("method"),
    "compact_constructor_declaration": define("method"),
}

JAVA = Syntax(
    definitions=_JAVA,
    bodies=types(
        "program class_body interface_body enum_body enum_body_declarations annotation_type_body ERROR"
    ),
    leads=types("line_comment block_comment"),
)


def _kotlin_class(node: Node) -> Found:
    kind = "class"
    for each in node.children:
        if each.type == "interface":
            kind = "interface"
        elif each.type in {"enum", "enum_class_body"}:
            kind = "enum"
    return Found(kind, child("type_identifier", "simple_identifier")(node), node)


def _kotlin_function(node: Node) -> Found:
    receiver = node.child_by_field_name("receiver")
    name = child("simple_identifier")(node)
    if receiver is not None:
        owner = text_of(receiver).split("<", 1)[0].strip("()?")
        name = f"{owner}.{name}"
    return Found("function", name, node)


def _kotlin_property(node: Node) -> Found | None:
    declared = next((each for each in node.children if each.type == "variable_declaration"), None)
    return None if declared is None else Found("property", child("simple_identifier")(declared), node)


def _kotlin_companion(node: Node) -> Found:
    """Members of a companion without a name are reached through the class."""
    name = child("type_identifier")(node)
    return Found("object" if name else "extension", name, node)


KOTLIN = Syntax(
    definitions={
        "class_declaration": _kotlin_class,
        "object_declaration": define("object", child("type_identifier")),
        "companion_object": _kotlin_companion,
        "function_declaration": _kotlin_function,
        "secondary_constructor": define("method", constantly("constructor")),
        "anonymous_initializer": define("method", constantly("init")),
        "property_declaration": _kotlin_property,
        "type_alias": define("type", child("type_identifier")),
    },
    bodies=types("source_file class_body enum_class_body ERROR function_body statements"),
    leads=types("line_comment multiline_comment annotation file_annotation"),
)


def _pattern(kind: str) -> Recognizer:
    def recognize(node: Node) -> Found | None:
        pattern = node.child_by_field_name("pattern") or node.child_by_field_name("name")
        if pattern is None or pattern.type not in {"identifier", "operator_identifier", "type_identifier"}:
            return None
        return Found(kind, text_of(pattern), node)

    return recognize


SCALA = Syntax(
    definitions={
        "class_definition": define("class"),
        "object_definition": define("object"),
        "trait_definition": define("trait"),
        "enum_definition": define("enum"),
        "package_object": define("object"),
        "function_definition": define("function"),
        "function_declaration": define("function"),
        "given_definition": define("object"),
        "extension_definition": define("extension", constantly("")),
        "type_definition": define("type"),
        "val_definition": _pattern("property"),
        "var_definition": _pattern("property"),
    },
    bodies=types(
        "compilation_unit template_body enum_body package_clause with_template_body block "
        "indented_block ERROR"
    ),
    leads=types("comment block_comment"),
)


def _swift_class(node: Node) -> Found:
    kind = "class"
    for each in node.children:
        if each.type in {"struct", "enum", "extension", "actor"}:
            kind = "class" if each.type == "actor" else each.type
            break
        if each.type == "name":
            break
    return Found(kind, field("name")(node).split("<", 1)[0], node)


SWIFT = Syntax(
    definitions={
        "class_declaration": _swift_class,
        "protocol_declaration": define("interface"),
        "function_declaration": define("function"),
        "protocol_function_declaration": define("function"),
        "init_declaration": define("method", constantly("init")),
        "deinit_declaration": define("method", constantly("deinit")),
        "subscript_declaration": define("method", constantly("subscript")),
        "property_declaration": define("property"),
        "typealias_declaration": define("type"),
    },
    bodies=types("source_file class_body enum_class_body protocol_body ERROR function_body statements"),
    leads=types("comment multiline_comment attribute"),
)
