"""Names and numbers put together at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

VERBS = ("load", "parse", "fetch", "make", "find", "send", "read", "build", "check", "merge", "open", "store")

NOUNS = (
    "parcel", "garden", "ticket", "window", "letter", "river", "basket", "bridge", "candle", "market",
    "planet", "ladder", "mirror", "needle", "orchard", "pillow", "rocket", "saddle", "tunnel", "violin",
    "wagon", "anchor",
)  # fmt: skip

CONSTANTS = (
    "LIMIT", "TIMEOUT", "RETRIES", "WIDTH", "HEIGHT", "PORT", "DELAY", "DEPTH", "QUOTA", "MARGIN", "WORKERS",
    "ROUNDS", "OFFSET", "BUDGET", "CAPACITY", "THRESHOLD",
)  # fmt: skip

WORDS = (*VERBS, *NOUNS)


def phrase(random: Random, most: int = 8) -> str:
    """A few words."""
    return " ".join(random.choice(WORDS) for _ in range(random.randint(1, most)))


def name(random: Random) -> str:
    """A function's name."""
    return f"{random.choice(VERBS)}_{random.choice(NOUNS)}"


def number(random: Random) -> str:
    """A number of one to four digits."""
    return str(random.randrange(10 ** random.randint(1, 4)))


def noise(random: Random) -> str:
    """A few lines that look like code and say nothing."""
    shapes = ["{} = {}", "def {}({}):\n    return None", "{}({})", "# {} {}", "import {}.{}"]
    count = random.randint(1, 4)
    return "\n".join(random.choice(shapes).format(name(random), random.choice(NOUNS)) for _ in range(count))
