"""Passages for an instruction, over a real index."""

from __future__ import annotations

from concurrent.futures import CancelledError
from typing import TYPE_CHECKING

import pytest

from codeassistd.indexer.grounding import InstructionQuery, Limits, instruction_context

from .conftest import SHOP

if TYPE_CHECKING:
    from codeassistd.indexer.grounding import GroundedPassage
    from codeassistd.indexer.store.snapshot import IndexSnapshot
    from codeassistd.models.roles import Embedder


def asked(instruction: str, path: str = "", selected: str = "", **more: int) -> InstructionQuery:
    text = SHOP.get(path, "")
    start = text.index(selected) if selected else 0
    return InstructionQuery(instruction, path, text, start, start + len(selected), **more)


def found(
    shop: IndexSnapshot, query: InstructionQuery, embedder: Embedder | None, limits: Limits | None = None
) -> tuple[GroundedPassage, ...]:
    more = {} if limits is None else {"limits": limits}
    return instruction_context(shop, query, SHOP.get, embedder, lambda: False, **more)


def places(passages: tuple[GroundedPassage, ...], reason: str) -> list[tuple[str, str]]:
    return [(each.passage.path, each.symbol) for each in passages if each.reason == reason]


def test_a_selection_gets_definitions_uses_and_alike_code(shop: IndexSnapshot, embedder: Embedder) -> None:
    query = asked(
        "make this faster", "shop/discounts.py", "if month in (11, 12):\n        return total.times(0.1)"
    )
    passages = found(shop, query, embedder)
    assert ("shop/money.py", "Money") in places(passages, "definition")
    assert places(passages, "use") == [("shop/basket.py", "seasonal_discount")]
    use = next(each for each in passages if each.reason == "use")
    assert "return amount.plus(seasonal_discount(amount, month)" in use.passage.text
    assert "class Basket:" in use.passage.text
    assert places(passages, "similar")
    order = [each.reason for each in passages]
    assert order == sorted(order, key=["scope", "imports", "definition", "use", "similar", "search"].index)


def test_what_encloses_a_selection_comes_first_where_the_prompt_lacks_it(
    shop: IndexSnapshot, embedder: Embedder
) -> None:
    query = asked("explain", "shop/basket.py", "return amount.plus(seas", lines_before=2, lines_after=0)
    passages = found(shop, query, embedder)
    assert [(each.reason, each.symbol) for each in passages[:3]] == [
        ("scope", "Basket.total"),
        ("scope", "Basket"),
        ("imports", ""),
    ]
    assert passages[0].passage.text == "    def total(self, month: int) -> Money:"


def test_a_question_about_no_document_is_searched_for(shop: IndexSnapshot, embedder: Embedder | None) -> None:
    for model in (embedder, None):
        passages = found(
            shop, asked("where are prices taken off in winter months, the seasonal discount?"), model
        )
        assert passages[0].passage.path == "shop/discounts.py"
        assert {each.reason for each in passages} == {"search"}


def test_mere_orders_are_not_searched_for(shop: IndexSnapshot) -> None:
    passages = found(
        shop, asked("Please explain this function", "shop/invoice.py", "amount = amount.plus"), None
    )
    assert not places(passages, "search")


def test_names_in_the_instruction_are_looked_up(shop: IndexSnapshot) -> None:
    passages = found(shop, asked("use parse_money here", "shop/invoice.py", "amount = amount.plus"), None)
    assert ("shop/money.py", "parse_money") in places(passages, "definition")


def test_limits_hold_and_nothing_is_given_twice(shop: IndexSnapshot, embedder: Embedder) -> None:
    for path, text in SHOP.items():
        for limits in (Limits(3, 900, 400, 10), Limits(20, 20_000)):
            query = InstructionQuery(
                "add the currency to the total", path, text, len(text) // 2, len(text) // 2
            )
            passages = found(shop, query, embedder, limits)
            assert len(passages) <= limits.passages
            assert sum(len(each.passage.text) for each in passages) <= limits.characters
            assert len({each.passage for each in passages}) == len(passages)
            assert all(each.passage.path != path for each in passages)


def test_a_document_that_is_not_indexed_has_context_too(shop: IndexSnapshot, embedder: Embedder) -> None:
    text = "from shop.money import parse_money\n\n\ndef pay(text):\n    return parse_money(text)\n"
    query = InstructionQuery("explain", "new.py", text, len(text) - 5, len(text) - 5)
    passages = found(shop, query, embedder)
    assert ("shop/money.py", "parse_money") in places(passages, "definition")
    assert places(passages, "similar")


def test_giving_up_ends_it(shop: IndexSnapshot) -> None:
    query = asked("explain", "shop/basket.py", "amount")
    with pytest.raises(CancelledError):
        instruction_context(shop, query, SHOP.get, None, lambda: True)
