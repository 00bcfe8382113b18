"""Prompts for models whose tokenizer isn't at hand: sizes are guessed from characters. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..completion import FillIn, Prompt, RenderedPrompt
from ..prompts.families import PLAIN, FimFormat
from ..prompts.fill_in import PREFIX_SHARE, document_window, fill_in_prompt
from ..prompts.segments import written_out
from .chat import CHARACTERS_PER_TOKEN, chat_prompt, guessed_tokens

SUFFIX_SHARE = 0.3
_FORM = FimFormat(PLAIN)


@dataclass(frozen=True, slots=True)
class TextPrompt:
    """What a server is given of a place in a document.

    Attributes:
        text: Passages as comments, and the text before the cursor.
        suffix: The text after the cursor.
        passages: Positions of the context passages that it has.
        is_trimmed: Whether something of the document was left out.
    """

    text: str
    suffix: str
    passages: tuple[int, ...]
    is_trimmed: bool


def text_prompt(fill_in: FillIn, characters: int) -> TextPrompt:
    """Make the prompt for what belongs at a cursor.

    Args:
        fill_in: What is asked.
        characters: Most characters of the prompt, the text after the cursor included.
    """
    budget = characters // CHARACTERS_PER_TOKEN
    _, end = document_window(fill_in.prefix, fill_in.suffix, budget, PREFIX_SHARE, guessed_tokens)
    # The text after the cursor has its own place in the request, so that the rest is a prompt without one.
    suffix = fill_in.suffix[: min(end, int(characters * SUFFIX_SHARE))]
    room = budget - guessed_tokens(suffix)
    built = fill_in_prompt(replace(fill_in, suffix=""), _FORM, room, guessed_tokens)
    return TextPrompt(
        text=written_out(built.segments),
        suffix=suffix,
        passages=built.passages,
        is_trimmed=built.is_trimmed or len(suffix) < len(fill_in.suffix),
    )


def rendered(prompt: Prompt, characters: int) -> RenderedPrompt:
    """A prompt as people read it; its length in tokens is guessed.

    Args:
        prompt: What is asked.
        characters: Most characters of the prompt.
    """
    if isinstance(prompt, FillIn):
        built = text_prompt(prompt, characters)
        text = f"prompt:\n{built.text}\n\nsuffix:\n{built.suffix}\n"
        passages, is_trimmed = built.passages, built.is_trimmed
    else:
        chat = chat_prompt(prompt, characters)
        text = "\n\n".join(f"{message.role}:\n{message.content}" for message in chat.messages) + "\n"
        passages, is_trimmed = chat.passages, chat.is_trimmed
    return RenderedPrompt(text, guessed_tokens(text), passages, is_trimmed)
