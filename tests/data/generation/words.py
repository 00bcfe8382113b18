"""Random words, names and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_CONSONANTS, _VOWELS = "bcdfghjklmnpqrstvwxz", "aeiouy"

VERBS = ("load", "parse", "fetch", "make", "find", "send", "read", "build", "check", "merge", "open", "store")


def word(random: Random) -> str:
    """A word of one to three syllables that has no meaning."""
    return "".join(
        random.choice(_CONSONANTS) + random.choice(_VOWELS) + random.choice(["", random.choice(_CONSONANTS)])
        for _ in range(random.randint(1, 3))
    )


def snake(random: Random) -> str:
    """A function's name in snake case."""
    return f"{random.choice([random.choice(VERBS), word(random)])}_{word(random)}"


def camel(random: Random) -> str:
    """A function's name in camel case."""
    return f"{random.choice(VERBS)}{word(random).capitalize()}"


def number(random: Random) -> str:
    """A number of one to five digits."""
    return str(random.randrange(10 ** random.randint(1, 5)))


def noise(random: Random) -> str:
    """A few lines that look like code and say nothing."""
    shapes = ["{} = {}", "def {}({}):\n    return None", "{}({})", "# {} {}", "import {}.{}"]
    count = random.randint(1, 5)
    return "\n".join(random.choice(shapes).format(snake(random), word(random)) for _ in range(count))
