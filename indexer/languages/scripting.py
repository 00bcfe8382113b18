"""Python, Ruby, PHP, Lua, shells, Perl, R, Julia, PowerShell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .syntax import Found, Recognizer, Syntax, child, constantly, define, field, text_of, types, wrapped

if TYPE_CHECKING:
    from tree_sitter import Node

_PYTHON: dict[str, Recognizer] = {
    "function_definition": define("function"),
    "class_definition": define("class"),
    "type_alias_statement": define("type", field("left")),
}


def _python_assignment(node: Node) -> Found | None:
    left = node.child_by_field_name("left")
    if left is None or left.type != "identifier":
        return None
    return Found("constant", text_of(left), node)


PYTHON = Syntax(
    definitions={
        **_PYTHON,
        "decorated_definition": wrapped(_PYTHON),
        "assignment": _python_assignment,
    },
    bodies=types(
        "module block if_statement else_clause elif_clause try_statement except_clause finally_clause "
        "with_statement expression_statement ERROR"
    ),
)

STARLARK = PYTHON


def _ruby_name(node: Node) -> str:
    return field("name")(node).replace("::", ".")


def _ruby_assignment(node: Node) -> Found | None:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None or left.type != "constant":
        return None
    has_body = right.type == "call" and right.child_by_field_name("block") is not None
    return Found("class" if has_body else "constant", text_of(left), node)


_RUBY_BLOCKS = types("describe context feature namespace")
_RUBY_LEAVES = types("it specify scenario test should task rule")


def _ruby_call(node: Node) -> Found | None:
    method = node.child_by_field_name("method")
    block = node.child_by_field_name("block")
    if method is None or block is None:
        return None
    name = text_of(method)
    if name not in _RUBY_BLOCKS and name not in _RUBY_LEAVES:
        return None
    arguments = node.child_by_field_name("arguments")
    label = (
        text_of(arguments.named_children[0]) if arguments is not None and arguments.named_child_count else ""
    )
    return Found("module" if name in _RUBY_BLOCKS else "function", label.strip("\"':()"), node)


RUBY = Syntax(
    definitions={
        "module": define("module", _ruby_name),
        "class": define("class", _ruby_name),
        "singleton_class": define("extension", constantly("")),
        "method": define("function"),
        "singleton_method": define("function"),
        "assignment": _ruby_assignment,
        "call": _ruby_call,
    },
    bodies=types(
        "program body_statement do_block block call if unless then else begin rescue ensure "
        "argument_list ERROR"
    ),
)


def _php_assignment(node: Node) -> Found | None:
    inner = node.named_children[0] if node.named_child_count else None
    if inner is None or inner.type != "assignment_expression":
        return None
    right = inner.child_by_field_name("right")
    if right is None or right.type not in {"anonymous_function", "arrow_function"}:
        return None
    return Found("function", field("left")(inner).lstrip("$"), node)


PHP = Syntax(
    definitions={
        "class_declaration": define("class"),
        "interface_declaration": define("interface"),
        "trait_declaration": define("trait"),
        "enum_declaration": define("enum"),
        "function_definition": define("function"),
        "method_declaration": define("method"),
        "expression_statement": _php_assignment,
    },
    bodies=types(
        "program namespace_definition declaration_list enum_declaration_list compound_statement if_statement "
        "else_clause ERROR"
    ),
)


def _lua_name(raw: str) -> str:
    return raw.replace(":", ".")


def _lua_assignment(node: Node) -> Found | None:
    if node.type == "variable_declaration":
        node_in = next((each for each in node.named_children if each.type == "assignment_statement"), None)
    else:
        node_in = node
    if node_in is None or node_in.named_child_count < 2:
        return None
    left, right = node_in.named_children[0], node_in.named_children[-1]
    value = right.named_children[0] if right.named_child_count else None
    if left.named_child_count != 1 or value is None:
        return None
    name = _lua_name(text_of(left))
    if value.type == "function_definition":
        return Found("function", name, node)
    if value.type == "table_constructor" and value.named_child_count:
        return Found("object", name, node)
    return None


def _lua_field(node: Node) -> Found | None:
    value = node.child_by_field_name("value")
    if value is None or value.type != "function_definition":
        return None
    name = field("name")(node)
    return Found("function", name, node) if name else None


LUA = Syntax(
    definitions={
        "function_declaration": define("function", lambda node: _lua_name(field("name")(node))),
        "assignment_statement": _lua_assignment,
        "variable_declaration": _lua_assignment,
        "field": _lua_field,
    },
    bodies=types(
        "chunk block ERROR table_constructor expression_list assignment_statement do_statement if_statement"
    ),
    long_bodies=types("return_statement"),
)

BASH = Syntax(
    definitions={"function_definition": define("function")},
    bodies=types("program if_statement else_clause elif_clause compound_statement do_group case_item ERROR"),
)

PERL = Syntax(
    definitions={
        "subroutine_declaration_statement": define("function"),
        "method_declaration_statement": define("method"),
        "class_statement": define("class"),
    },
    bodies=types("source_file block ERROR block_statement"),
    leads=types("comment pod"),
)


def _r_assignment(node: Node) -> Found | None:
    right = node.child_by_field_name("rhs")
    if right is None or right.type != "function_definition":
        return None
    return Found("function", field("lhs")(node).strip("`\"'"), node)


R = Syntax(definitions={"binary_operator": _r_assignment}, bodies=types("program braced_expression ERROR"))


def _julia_name(node: Node) -> str:
    signature = next((each for each in node.named_children if each.type in {"signature", "type_head"}), None)
    raw = text_of(signature) if signature is not None else child("identifier")(node)
    for stop in ("(", "{", "<:", " "):
        raw = raw.split(stop, 1)[0]
    return raw


def _julia_short(node: Node) -> Found | None:
    left = node.named_children[0] if node.named_child_count else None
    if left is None or left.type != "call_expression":
        return None
    return Found("function", text_of(left).split("(", 1)[0], node)


_JULIA: dict[str, Recognizer] = {
    "function_definition": define("function", _julia_name),
    "macro_definition": define("macro", _julia_name),
    "struct_definition": define("struct", _julia_name),
    "abstract_definition": define("type", _julia_name),
    "module_definition": define("module", lambda node: field("name")(node) or child("identifier")(node)),
    "assignment": _julia_short,
}
JULIA = Syntax(
    definitions={**_JULIA, "macrocall_expression": wrapped(_JULIA)},
    bodies=types("source_file block if_statement ERROR"),
    leads=types("block_comment line_comment string_literal"),
)

POWERSHELL = Syntax(
    definitions={
        "function_statement": define("function", child("function_name")),
        "class_statement": define("class", child("simple_name")),
        "enum_statement": define("enum", child("simple_name")),
        "class_method_definition": define("method", child("simple_name")),
    },
    bodies=types("program statement_list statement_block ERROR script_block script_block_body"),
)
