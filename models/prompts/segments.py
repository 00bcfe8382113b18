"""Prompts as sequences of segments: the model's control tokens, and plain text.

Control tokens steer a model, so they come from the model's conventions alone and never out of a text: a file
that spells ``<|im_end|>`` or ``<|fim_middle|>`` is text that reads so, cut into ordinary tokens. Whoever
turns segments into tokens must therefore tokenise each `Text` by itself, with the parsing of special tokens
turned off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..completion import RenderedPrompt


@dataclass(frozen=True, slots=True)
class Control:
    """One control token.

    Attributes:
        id: Its number in the model's vocabulary.
        text: How it is written out, for people.
    """

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text; tokenised with special tokens off and nothing put before it.

    Attributes:
        text: Any text; never empty in what `joined` gives.
    """

    text: str


Segment = Control | Text


def joined(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Segments with neighbouring texts put together and empty ones left out."""
    result: list[Segment] = []
    for segment in segments:
        if isinstance(segment, Control):
            result.append(segment)
        elif segment.text and result and isinstance(result[-1], Text):
            result[-1] = Text(result[-1].text + segment.text)
        elif segment.text:
            result.append(segment)
    return tuple(result)


def written_out(segments: Iterable[Segment]) -> str:
    """A prompt as one text, for people: control tokens written out, and no longer told from text."""
    return "".join(segment.text for segment in segments)


@dataclass(frozen=True, slots=True)
class BuiltPrompt:
    """A prompt, ready for the engine.

    Attributes:
        segments: What the model gets; neighbouring texts are one segment.
        tokens: Its length, by the model's own tokenizer: each text counted by itself, one for each control
            token.
        passages: Positions of the context passages that it has, ascending.
        is_trimmed: Whether something of the document was left out for want of room.
        notice: What a person should know of how the model was asked; "" when there is nothing.
        opens_reasoning: Whether the prompt ends inside a reasoning block, so that the answer begins in it.
    """

    segments: tuple[Segment, ...]
    tokens: int
    passages: tuple[int, ...] = ()
    is_trimmed: bool = False
    notice: str = ""
    opens_reasoning: bool = False

    def rendered(self) -> RenderedPrompt:
        """The prompt as people read it."""
        return RenderedPrompt(
            text=written_out(self.segments),
            tokens=self.tokens,
            passages=self.passages,
            is_trimmed=self.is_trimmed,
        )


def counted(segments: Iterable[Segment], count: Callable[[str], int]) -> int:
    """Tokens of a prompt.

    Args:
        segments: The prompt.
        count: Tokens of a plain text, by the model's tokenizer.
    """
    return sum(1 if isinstance(segment, Control) else count(segment.text) for segment in segments)
