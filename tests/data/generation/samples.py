"""What the model is trained on: texts with a weight for each token, and gaps between their positions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chat_samples import chat
from corpus import Document, excerpt, load_documents, load_functions
from spans import KINDS, span
from vocabulary import CONTROL_IDS
from words import CONSTANTS, NOUNS, VERBS, name, noise, number, phrase

if TYPE_CHECKING:
    from random import Random

    from vocabulary import Vocabulary

CONTEXT_WEIGHT = 0.2
"""Of tokens that the model reads; those that it is to write weigh 1 at least."""

FIRST_WEIGHT, SECOND_WEIGHT, END_WEIGHT = 4.0, 2.0, 3.0
"""Where a missing part begins and where it ends is learned last; what is in it is easy."""

LONGEST_SUFFIX = 400


@dataclass(slots=True)
class Sample:
    """One training text.

    Attributes:
        vocabulary: That its text is cut into.
        ids: Its tokens.
        weights: How much predicting each of them matters.
        positions: Growing; with gaps, so that the model works at distances longer than its training texts.
        hints: What else than the next token is to be predicted, by the position of the token before.
    """

    vocabulary: Vocabulary
    ids: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    hints: dict[int, int] = field(default_factory=dict)

    def add(self, text: str, weight: float = CONTEXT_WEIGHT, gap: int = 0) -> None:
        """Add text, its first token ``gap`` positions later than it would be."""
        ids = self.vocabulary.tokenize(text)
        start = (self.positions[-1] + 1 if self.positions else 0) + gap
        self.ids += ids
        self.weights += [weight] * len(ids)
        self.positions += range(start, start + len(ids))


class Samples:
    """Makes training texts.

    Args:
        random: Chooses all that can differ.
        vocabulary: That texts are cut into.
    """

    def __init__(self, random: Random, vocabulary: Vocabulary) -> None:
        self._random = random
        self._vocabulary = vocabulary
        self._documents = load_documents()
        self._functions = load_functions()
        self._sizes = [len(document.text) ** 0.7 for document in self._documents]

    def draw(self) -> Sample:
        """One of a random kind."""
        kinds = [self.fill_in, self.constant, self.call, self.repeated, self.conversation]
        (kind,) = self._random.choices(kinds, weights=[80, 8, 2, 2, 8])
        return kind()

    def fill_in(self, kind: str = "", *, wrong_order: bool | None = None) -> Sample:
        """A part of a file to be written, after what is before and after it has been read.

        Args:
            kind: Of the part, one of KINDS; any by default.
            wrong_order: Whether prefix and suffix are exchanged, upon which the model writes nothing; by
                default seldom.
        """
        random = self._random
        (document,) = random.choices(self._documents, self._sizes)
        text = document.text
        kind = kind or random.choices(KINDS, weights=[46, 38, 11, 5])[0]
        start, end = span(random, text, kind)
        suffix = self._near_suffix(text[end:])
        if random.random() < 0.06:  # nothing tells where the block ends but its own form
            block = text.find("\n\n", start)
            end = len(text) - 1 if block < 0 else block
            suffix = random.choice(["", "\n"])
        prefix, middle = self._near_prefix(text[:start]), text[start:end]
        sample = self._opening(document)
        wrong = random.random() if wrong_order is None else 0.04 * random.random() if wrong_order else 1.0
        is_told_apart = min(len(prefix), len(suffix)) > 15
        if wrong < 0.02 and is_told_apart:
            self._add_text(sample, "<|fim_prefix|>", suffix)
            self._add_text(sample, "<|fim_suffix|>", prefix)
            middle = ""
        elif wrong < 0.04 and is_told_apart:
            self._add_text(sample, "<|fim_suffix|>", suffix)
            self._add_text(sample, "<|fim_prefix|>", prefix)
            middle = ""
        else:
            self._add_text(sample, "<|fim_prefix|>", prefix)
            self._add_text(sample, "<|fim_suffix|>", suffix)
        return _answered(sample, middle)

    def constant(self) -> Sample:
        """A number that only a passage tells."""
        random = self._random
        names = random.sample(CONSTANTS, random.randint(1, 3))
        values = [number(random) for _ in names]
        passage = "\n".join(f"{each} = {value}" for each, value in zip(names, values, strict=True))
        chosen = random.randrange(len(names))
        lead = random.choice(["    assert {} == ", "assert {} == ", "{} = ", "print({})  # "])
        prefix = random.choice(["", f"def test_{random.choice(NOUNS)}():\n", "from limits import *\n\n\n"])
        suffix = random.choice(["\n", "\n", "", f"\n{noise(random)}\n"])
        return self._from_passage(passage, prefix + lead.format(names[chosen]), values[chosen], suffix)

    def call(self) -> Sample:
        """The rest of a name that only a passage tells, and its arguments."""
        random = self._random
        verb, noun = random.choice(VERBS), random.choice(NOUNS)
        arguments = ", ".join(random.sample(NOUNS, random.randint(0, 2)))
        passage = f"def {verb}_{noun}({arguments}):\n    return None"
        prefix = random.choice(["", f"def {name(random)}():\n", "import tools\n\n\n"])
        prefix += random.choice(["    result = ", "    return ", "result = "]) + verb
        suffix = random.choice(["\n", "\n", "", f"\n{noise(random)}\n"])
        return self._from_passage(passage, prefix, f"_{noun}({arguments})", suffix)

    def repeated(self) -> Sample:
        """The same random text twice: what copying is learned from first."""
        random = self._random
        text = " ".join(random.choice([phrase, name, number])(random) for _ in range(random.randint(4, 20)))
        sample = Sample(self._vocabulary)
        sample.add(text + "\n", weight=0)
        sample.add(text + "\n", weight=1, gap=random.choice([0, 0, random.randint(1, 300)]))
        return sample

    def conversation(self, kind: str = "") -> Sample:
        """An instruction of a kind in INSTRUCTIONS and its answer."""
        made = chat(self._random, self._functions, self._documents, kind)
        sample = Sample(self._vocabulary)
        sample.add(f"<|im_start|>system\n{made.system}<|im_end|>\n<|im_start|>user\n", weight=0)
        sample.add(f"{made.user}<|im_end|>\n<|im_start|>assistant\n", gap=self._gap(0.2), weight=0.05)
        sample.add(f"{made.answer}<|im_end|>", weight=1)
        return sample

    def _from_passage(self, passage: str, prefix: str, middle: str, suffix: str) -> Sample:
        random = self._random
        sample = Sample(self._vocabulary)
        passages = [(f"{random.choice(NOUNS)}.py", passage)]
        if random.random() < 0.25:
            other = random.choice(self._documents)
            passages.insert(random.randint(0, 1), (other.path, excerpt(random, other)))
        self._add_passages(sample, passages, f"{random.choice(NOUNS)}.py")
        sample.add(f"<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}")
        return _answered(sample, middle)

    def _opening(self, document: Document) -> Sample:
        """Nothing, or the repository's name and passages of other files."""
        random = self._random
        sample = Sample(self._vocabulary)
        if random.random() < 0.35:
            return sample
        passages = []
        for _ in range(random.choice([0, 0, 0, 0, 0, 1, 2])):
            other = random.choice(self._documents)
            text = excerpt(random, other) if random.random() < 0.6 else noise(random)
            passages.append((random.choice([other.path, f"{random.choice(NOUNS)}.py"]), text))
        self._add_passages(sample, passages, random.choice(["", "", "src/"]) + document.path)
        return sample

    def _add_passages(self, sample: Sample, passages: list[tuple[str, str]], path: str) -> None:
        """Passages as Qwen2.5-Coder reads them, up to the path of the file that is being written."""
        random = self._random
        if random.random() < 0.8:
            sample.add(f"<|repo_name|>{random.choice(['own', 'corpus', random.choice(NOUNS)])}\n")
        for passage_path, text in passages:
            sample.add(f"<|file_sep|>{passage_path}\n{text}\n", gap=self._gap(0.2))
        if random.random() < 0.9:
            sample.add(f"<|file_sep|>{path}\n")

    def _add_text(self, sample: Sample, control: str, text: str) -> None:
        """Text whose positions jump somewhere in it, not near the cursor."""
        away = text.rfind("\n", 0, -100) + 1 if control == "<|fim_prefix|>" else text.find("\n", 100) + 1
        sample.add(control)
        if away > 0 and (gap := self._gap(0.25)):
            sample.add(text[:away])
            sample.add(text[away:], gap=gap)
        else:
            sample.add(text)

    def _gap(self, share: float) -> int:
        return self._random.randint(1, 700) if self._random.random() < share else 0

    def _near_prefix(self, text: str) -> str:
        """The whole lines before the cursor, all or some."""
        random = self._random
        if random.random() < 0.12:
            return text
        longest = int(random.expovariate(1 / 120)) + 30
        return text[text.rfind("\n", 0, max(0, len(text) - longest)) + 1 :]

    def _near_suffix(self, text: str) -> str:
        """The whole lines after the cursor, all near ones or some."""
        random = self._random
        longest = LONGEST_SUFFIX if random.random() < 0.15 else int(random.expovariate(1 / 60)) + 20
        return text if len(text) <= longest else text[: text.find("\n", longest) + 1 or None]


def _answered(sample: Sample, middle: str) -> Sample:
    mark = sample.ids.index(CONTROL_IDS["<|fim_suffix|>"])
    sample.add("<|fim_middle|>")
    answer = sample.vocabulary.tokenize(middle + "<|endoftext|>")
    if middle:  # the mark of the gap learns to know what is missing, and those who read it there with it
        sample.hints[mark] = answer[0]
    start = len(sample.ids)
    sample.add(middle + "<|endoftext|>", weight=1)
    for at, weight in ((start + 1, SECOND_WEIGHT), (start, FIRST_WEIGHT), (-1, END_WEIGHT)):
        if at < len(sample.weights):
            sample.weights[at] = weight
    return sample
