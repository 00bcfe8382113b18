"""A small workspace with a real index over it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from codeassistd.indexer.chunk.chunker import chunk_text
from codeassistd.indexer.chunk.passage import embedding_text
from codeassistd.indexer.file_rows import chunk_rows
from codeassistd.indexer.search.overlaid import overlaid
from codeassistd.indexer.search.overlay import Overlay, OverlayCache, UnsavedFile
from codeassistd.indexer.store.layout import IndexLayout
from codeassistd.indexer.store.manifest import FileRecord
from codeassistd.indexer.store.snapshot import open_snapshot
from codeassistd.indexer.store.writer import IndexKey, IndexWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from codeassistd.indexer.store.rows import Snapshot
    from codeassistd.indexer.store.snapshot import IndexSnapshot
    from codeassistd.models.roles import Embedder

SHOP = {
    "shop/money.py": '''"""Amounts of money."""


class Money:
    """An amount in one currency.

    Immutable.
    """

    currency: str

    def __init__(self, cents: int, currency: str) -> None:
        self.cents = cents
        self.currency = currency

    def plus(self, other: "Money") -> "Money":
        """Add an amount of the same currency."""
        if other.currency != self.currency:
            raise ValueError("these are different currencies")
        return Money(self.cents + other.cents, self.currency)

    def times(self, factor: float) -> "Money":
        """Scale, rounding to a whole cent."""
        scaled = round(self.cents * factor)
        return Money(scaled, self.currency)


def parse_money(text: str) -> Money:
    """Read an amount such as "12.50 EUR"."""
    number, currency = text.split()
    return Money(round(float(number) * 100), currency)
''',
    "shop/discounts.py": '''"""Discounts."""

from .money import Money


def seasonal_discount(total: Money, month: int) -> Money:
    """What is taken off a total in some months."""
    if month in (11, 12):
        return total.times(0.1)
    return Money(0, total.currency)
''',
    "shop/basket.py": '''"""A basket."""

from .discounts import seasonal_discount
from .money import Money, parse_money


class Basket:
    """What someone wants to buy."""

    def __init__(self) -> None:
        self.items = []

    def total(self, month: int) -> Money:
        """The price of everything."""
        amount = Money(0, "EUR")
        for item in self.items:
            amount = amount.plus(item.price)
        return amount.plus(seasonal_discount(amount, month).times(-1))
''',
    "shop/invoice.py": '''"""Invoices."""


def invoice_total(lines, month):
    """The price of every line of an invoice."""
    amount = parse_amount("0 EUR")
    for line in lines:
        amount = amount.plus(line.price)
    return amount
''',
    "legacy/money.py": '''"""The old amounts of money."""


def parse_money(text):
    return float(text.split()[0])
''',
    "web/price.ts": """import { formatMoney } from "./format";

export function priceLabel(cents: number): string {
  return "Price: " + formatMoney(cents);
}
""",
    "web/format.ts": """/** Shows an amount of money. */
export function formatMoney(cents: number): string {
  return (cents / 100).toFixed(2);
}
""",
    "README.md": "# Shop\n\nSells things. See `parse_money`.\n",
    "tests/test_basket.py": """from shop.basket import Basket


def test_an_empty_basket_costs_nothing():
    assert Basket().total(1).cents == 0
""",
}


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Iterator[IndexSnapshot]:
    """A real index of a small shop."""
    layout = IndexLayout.of(tmp_path_factory.mktemp("index"), "shop")
    writer = IndexWriter(layout, IndexKey("/w", embedder.identity.id, embedder.identity.dimensions, "1"))
    rows = [row for path, text in SHOP.items() for row in chunk_rows(path, chunk_text(text, path))]
    vectors = embedder.embed([embedding_text(row, row.path) for row in rows], "document").astype("float16")
    records = [FileRecord(path, 1, 1, 1, 1, True, "h", "", 1) for path in SHOP]
    writer.write_files(records, rows, list(vectors), [])
    writer.commit(complete=True)
    writer.close()
    with ExitStack() as opened:
        snapshot = opened.enter_context(open_snapshot(layout))
        assert snapshot is not None
        yield snapshot


@pytest.fixture
def unsaved(shop: IndexSnapshot) -> Callable[[dict[str, str]], Snapshot]:
    """Lays unsaved texts over the index of the shop."""

    def over(texts: dict[str, str]) -> Snapshot:
        files = [UnsavedFile(path, text) for path, text in texts.items()]
        return overlaid(shop, Overlay.of(files, None, OverlayCache()))

    return over
