"""Prompts as sequences of segments: the model's control tokens, and plain text.

Control tokens steer a model, so they come from the model's conventions alone and never out of a text: a file that
spells ``<|im_end|>`` or ``<|fim_middle|>`` is text that reads so, cut into ordinary tokens. Whoever turns segments
into tokens must therefore tokenise each `Text` by itself, with the parsing of special tokens turned off.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


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
