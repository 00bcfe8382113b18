"""C, C++, CUDA, Objective-C, C#."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .syntax import Found, Recognizer, Syntax, child, define, field, text_of, types, wrapped

if TYPE_CHECKING:
    from tree_sitter import Node

_TEMPLATE_ARGUMENTS = re.compile(r"<[^<>]*>")
_KEYWORDS = types("namespace class struct union enum if else for while do switch return try catch")
_TEST_MACROS = types("TEST TEST_F TEST_P TYPED_TEST TEST_CASE TEST_CASE_FIXTURE SECTION BENCHMARK")
_DECLARATORS = types(
    "function_declarator pointer_declarator reference_declarator array_declarator parenthesized_declarator "
    "init_declarator attributed_declarator"
)


def _plain(name: str) -> str:
    owner, word, rest = name.partition("operator")
    for _ in range(4):
        owner = _TEMPLATE_ARGUMENTS.sub("", owner)
    return (owner + word + rest).replace("::", ".").replace(" ", "").strip(".")


def declared_name(node: Node) -> str:
    """The name at the heart of a C declarator: `int *(*ns::T<X>::f)(void)` gives `ns.T.f`."""
    inner = node.child_by_field_name("declarator")
    for _ in range(12):
        if inner is None:
            return ""
        if inner.type not in _DECLARATORS:
            break
        following = inner.child_by_field_name("declarator")
        if following is None:
            following = next(
                (each for each in inner.named_children if each.type.endswith("declarator")), None
            )
            if following is None:
                following = next(iter(inner.named_children), None)
        inner = following
    return _plain(text_of(inner))


def _function(node: Node) -> Found | None:
    """A function, unless a macro above `namespace x {` made the parser see one there."""
    name = declared_name(node)
    if name in _TEST_MACROS:
        arguments = text_of(node.child_by_field_name("declarator")).partition("(")[2]
        return Found("function", ".".join(re.findall(r"\w+", arguments)) or name, node)
    return Found("function", name, node) if name and name not in _KEYWORDS else None


def _typedef(node: Node) -> Found | None:
    inner = node.child_by_field_name("type")
    name = declared_name(node)
    if inner is None or not name:
        return None
    if inner.type not in _TYPES or inner.child_by_field_name("body") is None:
        return Found("type", name, node)
    return Found("enum" if inner.type == "enum_specifier" else "struct", name, inner)


def _specifier(kind: str) -> Recognizer:
    def recognize(node: Node) -> Found | None:
        name = node.child_by_field_name("name")
        if node.child_by_field_name("body") is None:
            return None
        return Found(kind, _plain(text_of(name)), node)

    return recognize


def _declaration(node: Node) -> Found | None:
    inner = node.child_by_field_name("type")
    if inner is not None and inner.type in _TYPES and inner.child_by_field_name("body") is not None:
        found = _TYPES[inner.type](inner)
        if found is not None and found.name:
            return found
    return None


_TYPES: dict[str, Recognizer] = {
    "struct_specifier": _specifier("struct"),
    "union_specifier": _specifier("struct"),
    "enum_specifier": _specifier("enum"),
}

_C: dict[str, Recognizer] = {
    **_TYPES,
    "function_definition": _function,
    "type_definition": _typedef,
    "declaration": _declaration,
    "field_declaration": _declaration,
    "preproc_function_def": define("macro"),
    "preproc_def": define("macro"),
}

_C_BODIES = types(
    "translation_unit preproc_if preproc_ifdef preproc_else preproc_elif preproc_elifdef "
    "linkage_specification declaration_list field_declaration_list struct_specifier union_specifier "
    "compound_statement ERROR"
)

C = Syntax(definitions=_C, bodies=_C_BODIES)


def _namespace(node: Node) -> Found:
    return Found("module", _plain(text_of(node.child_by_field_name("name"))), node)


_CPP: dict[str, Recognizer] = {
    **_C,
    "class_specifier": _specifier("class"),
    "namespace_definition": _namespace,
    "alias_declaration": define("type"),
    "concept_definition": define("type"),
}
_CPP["template_declaration"] = wrapped(_CPP | {"declaration": _function})

CPP = Syntax(definitions=_CPP, bodies=_C_BODIES | types("function_definition"))


def _objc_method(node: Node) -> Found:
    parts = [
        text_of(each) for each in node.named_children if each.type in {"identifier", "keyword_declarator"}
    ]
    if not parts:
        selector = node.child_by_field_name("selector")
        parts = [text_of(selector)]
    name = parts[0].split(":")[0].strip() if parts else ""
    return Found("method", name, node)


OBJC = Syntax(
    definitions={
        **_C,
        "class_interface": define("interface", child("identifier")),
        "class_implementation": define("class", child("identifier")),
        "protocol_declaration": define("interface", child("identifier")),
        "method_definition": _objc_method,
    },
    bodies=_C_BODIES | types("implementation_definition"),
)

CSHARP = Syntax(
    definitions={
        "class_declaration": define("class"),
        "struct_declaration": define("struct"),
        "record_declaration": define("class"),
        "interface_declaration": define("interface"),
        "enum_declaration": define("enum"),
        "delegate_declaration": define("type"),
        "method_declaration": define("method"),
        "constructor_declaration": define("method"),
        "destructor_declaration": define("method"),
        "operator_declaration": define("method", lambda node: "operator" + field("operator")(node)),
        "conversion_operator_declaration": define("method", lambda node: "operator " + field("type")(node)),
        "indexer_declaration": define("property", lambda _node: "this"),
        "property_declaration": define("property"),
        "event_declaration": define("property"),
        "local_function_statement": define("function"),
    },
    bodies=types(
        "compilation_unit namespace_declaration declaration_list preproc_if preproc_else preproc_elif ERROR "
        "file_scoped_namespace_declaration preproc_region block global_statement"
    ),
)
