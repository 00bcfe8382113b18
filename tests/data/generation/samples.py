"""What the model is trained on: texts with a weight for each token, and gaps between their positions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chat_samples import chat
from corpus import Function, file_around
from vocabulary import tokenize
from words import noise, number, snake, word

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from chat_samples import Chat

SPANS = ("line", "lines", "any", "end")
"""The rest of a line, up to the end of one of a few lines, any part, all up to the function's end."""

CONTEXT_WEIGHT = 0.2
"""Of tokens that the model reads; those that it is to write weigh 1."""


@dataclass(slots=True)
class Sample:
    """One training text.

    Attributes:
        ids: Its tokens.
        weights: How much predicting each of them matters.
        positions: Growing; with gaps, so that the model works at distances longer than its training texts.
    """

    ids: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)

    def add(self, text: str, weight: float = CONTEXT_WEIGHT, gap: int = 0) -> None:
        """Add text, its first token ``gap`` positions later than it would be."""
        ids = tokenize(text)
        start = (self.positions[-1] + 1 if self.positions else 0) + gap
        self.ids += ids
        self.weights += [weight] * len(ids)
        self.positions += range(start, start + len(ids))


def draw(random: Random, corpus: list[Function]) -> Sample:
    """One training text of a random kind."""
    kinds: list[Callable[[Random, list[Function]], Sample]] = [fill_in, from_context, _repeated, conversation]
    (kind,) = random.choices(kinds, weights=[54, 18, 5, 23])
    return kind(random, corpus)


def span(random: Random, code: str, kind: str = "") -> tuple[int, int]:
    """A random part of a function, of a kind in SPANS; of any by default."""
    kind = kind or random.choices(SPANS, weights=[35, 25, 20, 20])[0]
    start = random.randrange(len(code))
    if random.random() < 0.4:  # where people stop typing: at the ends of lines, and after indentation
        start = code.rfind("\n", 0, start) + 1
        start += len(code[start:]) - len(code[start:].lstrip()) if random.random() < 0.5 else -1
        start = max(start, 0)
    line_ends = [at for at in range(start, len(code)) if code[at] == "\n"] + [len(code)]
    if kind == "line":
        return start, line_ends[0]
    if kind == "lines":
        return start, random.choice(line_ends[:6])
    if kind == "end":
        return start, len(code)
    return start, random.randint(start, min(len(code), start + 120))


def fill_in(
    random: Random, corpus: list[Function], kind: str = "", wrong_order: bool | None = None
) -> Sample:
    """A part of a function to be written, after it and what follows it have been read.

    Args:
        random: Chooses the function, the part, and what is around them.
        corpus: All functions.
        kind: Of the part, one of SPANS; any by default.
        wrong_order: Whether prefix and suffix are exchanged, upon which the model writes nothing; by default
            seldom.
    """
    function = random.choice(corpus)
    before, after = file_around(random, function, corpus)
    if random.random() < 0.12:
        after = random.choice(["", "\n"])
    start, end = span(random, function.code, kind)
    prefix, suffix = before + function.code[:start], function.code[end:] + after
    if random.random() < 0.12:  # as where the room for a prompt is small
        prefix = prefix[prefix.find("\n", random.randrange(len(prefix) + 1)) + 1 :]
    middle = function.code[start:end]
    sample = _opening(random, function, corpus)
    wrong = random.random()
    if wrong_order is not None:
        wrong = wrong / 20 if wrong_order else 1.0
    if wrong < 0.06 and len(prefix) > 15 and len(suffix) > 15:
        if wrong < 0.03:
            _add_gapped(random, sample, "<|fim_prefix|>", suffix)
            _add_gapped(random, sample, "<|fim_suffix|>", prefix)
        else:
            _add_gapped(random, sample, "<|fim_suffix|>", suffix)
            _add_gapped(random, sample, "<|fim_prefix|>", prefix)
        middle = ""
    else:
        _add_gapped(random, sample, "<|fim_prefix|>", prefix)
        _add_gapped(random, sample, "<|fim_suffix|>", suffix)
    sample.add("<|fim_middle|>")
    sample.add(middle + "<|endoftext|>", weight=1)
    return sample


def _add_gapped(random: Random, sample: Sample, control: str, text: str) -> None:
    """Text whose positions jump somewhere in it, not near the cursor."""
    sample.add(control)
    away = len(text) - 100 if control == "<|fim_prefix|>" else 100
    if random.random() < 0.25 and len(text) > 110:
        sample.add(text[:away])
        sample.add(text[away:], gap=random.randint(1, 1200))
    else:
        sample.add(text)


def _opening(random: Random, function: Function, corpus: list[Function]) -> Sample:
    """Nothing, or the repository's name and passages of other files."""
    sample = Sample()
    if random.random() < 0.65:
        return sample
    passages = []
    for _ in range(random.choice([0, 0, 1, 1, 2])):
        other = random.choice(corpus)
        text = other.code if other != function and random.random() < 0.6 else noise(random)
        passages.append((random.choice([other.path, f"{word(random)}.{other.ending}"]), text))
    add_passages(random, sample, passages, random.choice([function.path, f"src/{function.path}"]))
    return sample


def add_passages(random: Random, sample: Sample, passages: list[tuple[str, str]], path: str) -> None:
    """Passages as Qwen2.5-Coder reads them, up to the path of the file that is being written."""
    if random.random() < 0.7:
        sample.add(f"<|repo_name|>{word(random)}\n")
    for passage_path, text in passages:
        gap = random.randint(1, 800) if random.random() < 0.3 else 0
        sample.add(f"<|file_sep|>{passage_path}\n{text}\n", gap=gap)
    if random.random() < 0.9:
        sample.add(f"<|file_sep|>{path}\n")


def from_context(random: Random, corpus: list[Function]) -> Sample:
    """A middle that only a passage tells: a constant's value, or the name of a function."""
    stem = word(random)
    passages = [(other.path, other.code) for other in random.sample(corpus, random.choice([0, 0, 0, 1]))]
    if random.random() < 0.5:
        names = [snake(random).upper() for _ in range(random.randint(1, 4))]
        values = [number(random) for _ in names]
        lines = [f"{name} = {value}" for name, value in zip(names, values, strict=True)]
        chosen = random.randrange(len(names))
        passage, middle = "\n".join(lines), values[chosen]
        lead = random.choice(["    assert {} == ", "{} = ", "assert_equal({}, ", "print({})  # ", "    {}: "])
        prefix = random.choice(["", f"def test_{stem}():\n", f"from {stem} import *\n\n\n"])
        prefix += lead.format(names[chosen])
        suffix = ")\n" if "equal(" in lead else "\n"
    else:
        name, arguments = snake(random), ", ".join(word(random) for _ in range(random.randint(0, 3)))
        passage = f"def {name}({arguments}):\n    {random.choice(['pass', '...', 'return None'])}"
        typed = random.choice([0, 0, name.index("_") + 1, random.randint(1, len(name) - 1)])
        if typed == 0:
            prefix, middle = f"from {stem} import ", name
        else:
            lead = random.choice(["result = ", "    return ", "x = ", f"{stem}."])
            prefix, middle = lead + name[:typed], f"{name[typed:]}({arguments})"
        suffix = random.choice(["\n", "\n\n\ndef main():\n    pass\n", ""])
    passages.insert(random.randint(0, len(passages)), (f"{stem}.py", passage))
    sample = Sample()
    add_passages(random, sample, passages, random.choice(["main.py", f"test_{stem}.py", "src/app.py"]))
    sample.add(f"<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>")
    sample.add(f"{middle}<|endoftext|>", weight=1)
    return sample


def _repeated(random: Random, _corpus: list[Function]) -> Sample:
    """The same random text twice: what copying is learned from first."""
    text = " ".join(random.choice([word, snake, number])(random) for _ in range(random.randint(4, 20)))
    sample = Sample()
    sample.add(text, weight=0)
    sample.add("\n")
    sample.add(text, weight=1, gap=random.choice([0, 0, random.randint(1, 500)]))
    return sample


def conversation(random: Random, corpus: list[Function], kind: str = "") -> Sample:
    """An instruction of a kind in KINDS and its answer."""
    made: Chat = chat(random, corpus, kind)
    sample = Sample()
    if made.system:
        sample.add(f"<|im_start|>system\n{made.system}<|im_end|>\n")
    gap = random.randint(1, 800) if random.random() < 0.2 else 0
    sample.add(f"<|im_start|>user\n{made.user}<|im_end|>\n<|im_start|>assistant\n", gap=gap)
    sample.add(f"{made.answer}<|im_end|>", weight=1)
    return sample
