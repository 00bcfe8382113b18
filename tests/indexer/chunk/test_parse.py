"""Parsing, and giving it up."""

from __future__ import annotations

from typing import Any, cast

from codeassistd.indexer.chunk.parse import parse


def test_every_grammar_that_is_used_can_be_loaded() -> None:
    from codeassistd.indexer.languages.grammars import SYNTAXES
    from codeassistd.indexer.languages.table import LANGUAGES

    used = {language.grammar for language in LANGUAGES if language.grammar}
    assert used == set(SYNTAXES)
    assert all(parse(b"x", grammar) is not None for grammar in used)


def test_every_node_type_that_is_named_exists_in_a_grammar() -> None:
    from tree_sitter_language_pack import get_language

    from codeassistd.indexer.languages.grammars import SYNTAXES

    for syntax in set(map(id, SYNTAXES.values())):
        shared = {grammar: each for grammar, each in SYNTAXES.items() if id(each) == syntax}
        grammars = [get_language(cast("Any", grammar)) for grammar in shared]
        (one, *_) = shared.values()
        named = one.definitions.keys() | one.bodies | one.long_bodies | one.leads | one.tails
        missing = {
            each
            for each in named
            if all(grammar.id_for_node_kind(each, True) is None for grammar in grammars)
        }
        assert missing <= {"ERROR"}, list(shared)


def test_parsing_is_given_up_when_it_takes_too_much_work() -> None:
    assert parse(b"[" * 50_000 + b"]" * 50_000, "scala") is None
    assert parse(b"class A { def x = 1 }", "scala") is not None


def test_no_tree_for_what_is_too_large_or_unknown() -> None:
    assert parse(b"x" * 5_000_000, "python") is None
    assert parse(b"x", "no_such_grammar") is None


def test_text_of_nodes_can_be_read_after_parsing() -> None:
    source = b"def " + b"f" * 3000 + b"(): pass\n"
    tree = parse(source, "python")
    assert tree is not None
    assert tree.root_node.children[0].text == source[:-1]
