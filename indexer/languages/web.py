"""JavaScript, TypeScript, TSX, Dart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .syntax import Found, Recognizer, Syntax, child, define, field, text_of, types, wrapped

if TYPE_CHECKING:
    from tree_sitter import Node

_FUNCTIONS = types("arrow_function function_expression generator_function function")
_CLASSES = types("class")
_EXPORTS = {"module.exports", "exports", "default"}
_GROUPS = types("describe context suite")
_TESTS = types("it test specify")


def _valued(name: str, value: Node | None, node: Node) -> Found | None:
    """A definition by value: `name = function …`."""
    if value is None or not name:
        return None
    for _ in range(6):
        if value.type not in {"as_expression", "satisfies_expression", "parenthesized_expression"}:
            break
        inner = next(iter(value.named_children), None)
        if inner is None:
            return None
        value = inner
    if value.type in _FUNCTIONS:
        return Found("function", name, value)
    if value.type in _CLASSES:
        return Found("class", name, value)
    if value.type == "object":
        # What `module.exports = {…}` holds is known by its own name.
        return Found("module", "", value) if name in _EXPORTS else Found("object", name, value)
    return Found("constant", name, node)


def _member(raw: str) -> str:
    for prefix in ("module.exports.", "exports.", "this.", "window.", "globalThis."):
        raw = raw.removeprefix(prefix)
    return raw.replace(".prototype.", ".").replace("?.", ".").strip("\"'`")


def _variables(node: Node) -> Found | None:
    declarators = [each for each in node.named_children if each.type == "variable_declarator"]
    if not declarators:
        return None
    first = declarators[0]
    name = first.child_by_field_name("name")
    if name is None or name.type != "identifier":
        return None
    return _valued(text_of(name), first.child_by_field_name("value"), node)


def _statement(node: Node) -> Found | None:
    inner = node.named_children[0] if node.named_child_count else None
    if inner is None:
        return None
    if inner.type == "assignment_expression":
        left = inner.child_by_field_name("left")
        if left is None or left.type not in {"member_expression", "identifier"}:
            return None
        found = _valued(_member(text_of(left)), inner.child_by_field_name("right"), node)
        return None if found is None or found.kind == "constant" else found
    if inner.type == "call_expression":
        return _test(inner, node)
    if inner.type in {"internal_module", "module"}:
        return Found("module", field("name")(inner).strip("\"'"), inner)
    return None


def _test(call: Node, node: Node) -> Found | None:
    function = text_of(call.child_by_field_name("function")).split(".", 1)[0]
    if function not in _GROUPS and function not in _TESTS:
        return None
    arguments = call.child_by_field_name("arguments")
    if arguments is None or arguments.named_child_count < 2:
        return None
    label = text_of(arguments.named_children[0]).strip("\"'`")
    return Found("module" if function in _GROUPS else "function", label, node)


def _field(node: Node) -> Found | None:
    name = field("property", "name")(node)
    value = node.child_by_field_name("value")
    if value is None or value.type not in _FUNCTIONS:
        return None
    return Found("method", name, node)


def _pair(node: Node) -> Found | None:
    value = node.child_by_field_name("value")
    if value is None or value.type not in _FUNCTIONS | _CLASSES | {"object"}:
        return None
    return _valued(field("key")(node).strip("\"'`"), value, node)


def _bare_export(node: Node) -> Found | None:
    found = _exported(node)
    if found is not None:
        return found
    value = node.child_by_field_name("value")
    found = None if value is None else _valued("default", value, node)
    return None if found is None or found.kind == "constant" else found


_DECLARATIONS: dict[str, Recognizer] = {
    "function_declaration": define("function"),
    "generator_function_declaration": define("function"),
    "class_declaration": define("class"),
    "lexical_declaration": _variables,
    "variable_declaration": _variables,
    "method_definition": define("method"),
    "field_definition": _field,
    "public_field_definition": _field,
    "pair": _pair,
    "expression_statement": _statement,
    # TypeScript
    "abstract_class_declaration": define("class"),
    "interface_declaration": define("interface"),
    "type_alias_declaration": define("type"),
    "enum_declaration": define("enum"),
    "function_signature": define("function"),
    "internal_module": define("module", lambda node: field("name")(node).strip("\"'")),
    "module": define("module", lambda node: field("name")(node).strip("\"'")),
}
_AMBIENT = wrapped(_DECLARATIONS)
_exported = wrapped({**_DECLARATIONS, "ambient_declaration": _AMBIENT})

JAVASCRIPT = Syntax(
    definitions={**_DECLARATIONS, "export_statement": _bare_export, "ambient_declaration": _AMBIENT},
    bodies=types("program class_body statement_block object ERROR"),
    long_bodies=types(
        "expression_statement call_expression arguments arrow_function function_expression "
        "parenthesized_expression "
        "if_statement else_clause return_statement export_statement lexical_declaration variable_declaration "
        "variable_declarator assignment_expression unary_expression pair await_expression new_expression "
        "as_expression satisfies_expression class"
    ),
    leads=types("comment decorator"),
    clauses=True,
)


def _dart_signature(node: Node) -> Found | None:
    inner = node
    if node.type == "method_signature":
        inner = next((each for each in node.named_children if each.type.endswith("_signature")), node)
    name = field("name")(inner)
    return Found("function", name, node) if name else None


DART = Syntax(
    definitions={
        "function_signature": _dart_signature,
        "method_signature": _dart_signature,
        "getter_signature": _dart_signature,
        "class_definition": define("class"),
        "mixin_declaration": define("class", child("identifier")),
        "extension_declaration": define("extension"),
        "enum_declaration": define("enum"),
        "type_alias": define("type"),
    },
    bodies=types("program class_body extension_body enum_body ERROR"),
    leads=types("comment documentation_comment annotation"),
    tails=types("function_body"),
)
