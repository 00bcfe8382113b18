"""Passages for a completion, over a real index."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codeassistd.indexer.grounding import CompletionGrounding, CompletionQuery, TimeBox, completion_context
from codeassistd.indexer.grounding.names import surroundings
from codeassistd.models.completion import ContextPassage

from .conftest import SHOP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from codeassistd.indexer.grounding import GroundedPassage
    from codeassistd.indexer.store.rows import Snapshot
    from codeassistd.indexer.store.snapshot import IndexSnapshot

NEW = '''from .money import Money, parse_money
from .discounts import seasonal_discount


def checkout(prices, month):
    """Pay for everything."""
    amount = parse_money("0 EUR")
    for price in prices:
        amount = amount.plus(price)
    off = seasonal_discount(amount, month)
    '''


def ample() -> TimeBox:
    return TimeBox(60)


def described(passages: Sequence[GroundedPassage]) -> list[tuple[str, str, str]]:
    return [(each.reason, each.passage.path, each.symbol) for each in passages]


def at_end(text: str, path: str = "shop/checkout.py") -> CompletionQuery:
    return CompletionQuery(path, text, len(text))


@pytest.fixture
def grounding() -> Iterator[CompletionGrounding]:
    made = CompletionGrounding()
    yield made
    made.close()


def test_the_definitions_of_names_near_the_cursor_come_first(shop: IndexSnapshot) -> None:
    found = completion_context(shop, at_end(NEW), SHOP.get, ample())
    assert set(described(found)[:3]) == {
        ("definition", "shop/discounts.py", "seasonal_discount"),
        ("definition", "shop/money.py", "parse_money"),
        ("definition", "shop/money.py", "Money"),
    }


def test_of_two_definitions_the_imported_one_is_taken(shop: IndexSnapshot) -> None:
    assert not any(
        each.passage.path == "legacy/money.py"
        for each in completion_context(shop, at_end(NEW), SHOP.get, ample())
    )
    old = NEW.replace(".money", "legacy.money")
    assert ("definition", "legacy/money.py", "parse_money") in described(
        completion_context(shop, at_end(old, "checkout.py"), SHOP.get, ample())
    )


def test_a_class_is_shown_without_the_bodies_of_its_methods(shop: IndexSnapshot) -> None:
    found = completion_context(shop, at_end(NEW), SHOP.get, ample())
    money = next(each for each in found if each.symbol == "Money")
    assert "class Money:" in money.passage.text
    assert "def times(self, factor: float)" in money.passage.text
    assert "scaled = round" not in money.passage.text
    assert money.passage.first_line == 4


def test_alike_code_is_found_by_its_words(shop: IndexSnapshot) -> None:
    found = completion_context(shop, at_end(NEW), SHOP.get, ample())
    assert ("similar", "shop/invoice.py", "invoice_total") in described(found)


def test_names_of_another_language_mean_nothing(shop: IndexSnapshot) -> None:
    text = 'import { formatMoney } from "./format";\n\nconst shown = formatMoney(parse_money, '
    found = completion_context(shop, at_end(text, "web/total.ts"), SHOP.get, ample())
    assert described(found)[0] == ("definition", "web/format.ts", "formatMoney")
    assert found[0].passage.text.startswith("/** Shows an amount of money. */\nexport function")
    assert all(each.passage.path.endswith(".ts") for each in found)


def test_the_document_is_not_repeated_where_the_prompt_shows_it(shop: IndexSnapshot) -> None:
    text = SHOP["shop/money.py"]
    near = CompletionQuery("shop/money.py", text, text.index("return Money(scaled"))
    assert all(
        each.passage.path != "shop/money.py" for each in completion_context(shop, near, SHOP.get, ample())
    )
    far = CompletionQuery("shop/money.py", text, len(text), lines_before=3, lines_after=0)
    own = [
        each
        for each in completion_context(shop, far, SHOP.get, ample())
        if each.passage.path == "shop/money.py"
    ]
    assert [each.symbol for each in own if each.reason == "definition"] == ["Money"]
    assert all(each.last_line < text.count("\n") - 2 for each in own)


def test_passages_are_as_on_screen(
    shop: IndexSnapshot, unsaved: Callable[[dict[str, str]], Snapshot]
) -> None:
    changed = SHOP | {"shop/discounts.py": "\n\n" + SHOP["shop/discounts.py"].replace("0.1", "0.25")}
    for snapshot in (shop, unsaved({"shop/discounts.py": changed["shop/discounts.py"]})):
        found = completion_context(snapshot, at_end(NEW), changed.get, ample())
        discount = next(each for each in found if each.symbol == "seasonal_discount")
        assert discount.passage.first_line == 8
        assert "0.25" in discount.passage.text


def test_what_is_gone_is_left_out(shop: IndexSnapshot) -> None:
    left = SHOP | {"shop/money.py": "VALUE = 1\n"}
    del left["shop/discounts.py"]
    found = completion_context(shop, at_end(NEW), left.get, ample())
    assert not {"shop/money.py", "shop/discounts.py"} & {each.passage.path for each in found}


def test_recent_edits_come_first_and_only_once(shop: IndexSnapshot) -> None:
    lines = SHOP["shop/discounts.py"].split("\n")
    edit = ContextPassage("shop/discounts.py", 6, "\n".join(lines[5:8]))
    inside = ContextPassage("shop/checkout.py", 5, "def checkout(prices, month):")
    query = CompletionQuery("shop/checkout.py", NEW, len(NEW), edits=(inside, edit, edit))
    found = completion_context(shop, query, SHOP.get, ample())
    assert described(found)[0] == ("edit", "shop/discounts.py", "")
    assert [each.passage.path for each in found].count("shop/discounts.py") == 1


def test_an_edited_secret_is_not_given(shop: IndexSnapshot) -> None:
    edit = ContextPassage("shop/.env", 1, "TOKEN=abc")
    found = completion_context(shop, CompletionQuery("a.py", "x", 1, edits=(edit,)), SHOP.get, ample())
    assert "edit" not in {each.reason for each in found}


def test_in_a_package_neighbours_are_known_without_imports(
    unsaved: Callable[[dict[str, str]], Snapshot],
) -> None:
    go = {
        "pay/amount.go": "package pay\n\n// round rounds.\nfunc round(cents float64) int { return 1 }\n",
        "old/amount.go": "package old\n\nfunc round(cents float64) int { return 0 }\n",
        "pay/tax.go": "package pay\n\nfunc Tax(cents float64) int {\n\treturn round(cents * 0.19) + ",
    }
    found = completion_context(unsaved(go), at_end(go["pay/tax.go"], "pay/tax.go"), go.get, ample())
    assert described(found)[0] == ("definition", "pay/amount.go", "round")
    assert found[0].passage.text.startswith("// round rounds.\nfunc round")
    assert ("definition", "old/amount.go", "round") not in described(found)


def test_nothing_is_looked_up_when_the_time_is_over(shop: IndexSnapshot) -> None:
    now = [0.0]
    box = TimeBox(0.03, lambda: now[0])
    now[0] = 1.0
    assert completion_context(shop, at_end(NEW), SHOP.get, box) == ()


def test_what_takes_too_long_is_left_out_and_there_the_next_time(
    shop: IndexSnapshot, grounding: CompletionGrounding
) -> None:
    gate = threading.Event()

    def slow(path: str) -> str | None:
        gate.wait(30)
        return SHOP.get(path)

    query = CompletionQuery("shop/checkout.py", NEW, len(NEW), edits=(ContextPassage("a.py", 1, "x = 1"),))
    try:
        assert described(grounding.passages(shop, query, slow, TimeBox(0.01))) == [("edit", "a.py", "")]
    finally:
        gate.set()
    assert ("definition", "shop/money.py", "Money") in described(
        grounding.passages(shop, query, slow, ample())
    )


def test_a_lookup_that_fails_is_tried_again(shop: IndexSnapshot, grounding: CompletionGrounding) -> None:
    def broken(path: str) -> str | None:
        raise OSError(path)

    assert grounding.passages(shop, at_end(NEW), broken, ample()) == ()
    assert grounding.passages(shop, at_end(NEW), SHOP.get, ample())


def test_after_the_end_nothing_is_found(shop: IndexSnapshot) -> None:
    ended = CompletionGrounding()
    ended.close()
    assert ended.passages(shop, at_end(NEW), SHOP.get, ample()) == ()


def test_one_more_letter_changes_nothing(shop: IndexSnapshot, grounding: CompletionGrounding) -> None:
    before = grounding.passages(shop, at_end(NEW), SHOP.get, ample())
    for typed in ("r", "re", "ret", "return", "return "):
        assert grounding.passages(shop, at_end(NEW + typed), SHOP.get, ample()) == before


def test_what_was_given_before_keeps_its_place(shop: IndexSnapshot, grounding: CompletionGrounding) -> None:
    before = described(grounding.passages(shop, at_end(NEW), SHOP.get, ample()))
    after = described(grounding.passages(shop, at_end(NEW + "basket = Basket()\n    "), SHOP.get, ample()))
    kept = [each for each in before if each in after]
    assert after[-len(kept) :] == kept
    assert ("definition", "shop/basket.py", "Basket") in after


def test_a_changed_file_is_read_again_although_the_names_are_the_same(
    shop: IndexSnapshot, grounding: CompletionGrounding
) -> None:
    grounding.passages(shop, at_end(NEW), SHOP.get, ample())
    changed = SHOP | {"shop/discounts.py": SHOP["shop/discounts.py"].replace("0.1", "0.5")}
    found = grounding.passages(shop, at_end(NEW), changed.get, ample())
    assert any("0.5" in each.passage.text for each in found)


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_whole_lines_no_line_twice_within_bounds_and_the_same_each_time(
    data: st.DataObject, shop: IndexSnapshot
) -> None:
    path = data.draw(st.sampled_from(sorted(SHOP)))
    text = SHOP[path]
    begin, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    text = text[:begin] + data.draw(st.sampled_from(["", "Money", "parse_money(", "\n"])) + text[end:]
    before = data.draw(st.integers(0, 8))
    query = CompletionQuery(
        path, text, data.draw(st.integers(0, len(text))), lines_before=before, lines_after=2
    )
    found = completion_context(shop, query, SHOP.get, ample())
    assert found == completion_context(shop, query, SHOP.get, ample())
    assert sum(len(each.passage.text) for each in found) <= 6_000
    seen: set[tuple[str, str]] = set()
    for each in found:
        lines = (text if each.passage.path == path else SHOP[each.passage.path]).split("\n")
        shown = [line for line in each.passage.text.split("\n") if line.strip() != "..."]
        assert lines[each.passage.first_line - 1] == shown[0]
        assert lines[each.last_line - 1] == shown[-1]
        assert set(shown) <= set(lines)
        place = each.passage.path, each.passage.text
        assert place not in seen
        seen.add(place)
        row = text.count("\n", 0, query.offset) + 1
        if each.passage.path == path:
            assert (
                each.last_line < row - before
                or each.passage.first_line > row + 2
                or "..." in each.passage.text
            )


@given(st.text(max_size=300), st.integers(0, 400))
@settings(deadline=None)
def test_any_text_has_surroundings(text: str, offset: int) -> None:
    around = surroundings(text, min(offset, len(text)))
    assert around.key == surroundings(text, min(offset, len(text))).key


def test_what_was_begun_while_waiting_is_there_at_once(
    shop: IndexSnapshot, grounding: CompletionGrounding
) -> None:
    gathering, done = grounding.begin(shop, at_end(NEW + "r"), SHOP.get)
    done.result(30)
    assert grounding.begin(shop, at_end(NEW + "ret"), SHOP.get) == (gathering, done), "the same names"
    assert grounding.passages(shop, at_end(NEW + "ret"), SHOP.get, ample())


def test_the_definition_of_a_name_that_was_typed_joins_on_its_line(
    shop: IndexSnapshot, grounding: CompletionGrounding
) -> None:
    before = described(grounding.passages(shop, at_end(NEW), SHOP.get, ample()))
    half = described(grounding.passages(shop, at_end(NEW + "basket = Bask"), SHOP.get, ample()))
    whole = described(grounding.passages(shop, at_end(NEW + "basket = Basket("), SHOP.get, ample()))
    assert half == before, "no name yet"
    assert whole[0] == ("definition", "shop/basket.py", "Basket")
    assert [each for each in before if each in whole] == whole[1:], "but for what it shows itself"
    assert len(whole) > 3


def test_far_away_other_passages_are_given(shop: IndexSnapshot, grounding: CompletionGrounding) -> None:
    far = NEW.replace("off =", "pass\n" * 80 + "    label = priceLabel(basket.total(1)).items\n") + "\n"
    near = described(grounding.passages(shop, at_end(NEW), SHOP.get, ample()))
    given = described(grounding.passages(shop, at_end(far), SHOP.get, ample()))
    alone = described(completion_context(shop, at_end(far), SHOP.get, ample()))
    assert sorted(given) == sorted(alone)
    assert given != near
