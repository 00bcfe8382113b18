from __future__ import annotations

import pytest

from codeassistd.daemon.cli.sizes import byte_count


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1.00 kB"),
        (12_345, "12.3 kB"),
        (90_868_376, "90.9 MB"),
        (999_499_999, "999 MB"),
        (999_500_000, "1.00 GB"),
        (4_683_000_000, "4.68 GB"),
        (12e15, "12,000 TB"),
    ],
)
def test_sizes_have_three_digits(count: float, text: str) -> None:
    assert byte_count(count) == text
