"""What is asked of a completer, and what comes back; plain records that cross processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FinishReason = Literal["stop", "length"]
"""Why a completion ended: the model, or a stop rule, was done; or it had all the tokens it was given."""


@dataclass(frozen=True, slots=True)
class CompleterIdentity:
    """Which model writes, and where.

    Attributes:
        name: The model's name, as the user knows it.
        endpoint: Host of the server that the prompt is sent to; "" while nothing leaves this machine's own
            worker process.
    """

    name: str
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class ContextPassage:
    """Text from elsewhere in the workspace that helps the model; data, never instructions.

    Attributes:
        path: POSIX path relative to the workspace.
        first_line: Its first line in that file, 1-based.
        text: Whole lines.
    """

    path: str
    first_line: int
    text: str


@dataclass(frozen=True, slots=True)
class FillIn:
    """Write what belongs between two texts.

    Attributes:
        path: POSIX path of the document, relative to the workspace.
        language: Its language, as the index names it; "" when unknown.
        prefix: Everything before the cursor; its end is nearest.
        suffix: Everything after the cursor; its beginning is nearest.
        passages: Most useful first; as many are given to the model as fit.
        workspace: Name of the workspace, for models that are told of the repository.
    """

    path: str
    language: str
    prefix: str
    suffix: str
    passages: tuple[ContextPassage, ...] = ()
    workspace: str = ""


@dataclass(frozen=True, slots=True)
class Instruction:
    """Do what a person asks, about a part of a document or about the workspace.

    Attributes:
        instruction: What is asked, in the person's words or ours.
        answer: "code" for replacement text and nothing else, "prose" for an explanation in Markdown.
        path: POSIX path of the document; "" when there is none.
        language: Its language, as the index names it; "" when unknown.
        before: The document's text before the selection.
        selected: The selected text; may be empty.
        after: The document's text after the selection.
        passages: Most useful first; as many are given to the model as fit.
    """

    instruction: str
    answer: Literal["code", "prose"] = "prose"
    path: str = ""
    language: str = ""
    before: str = ""
    selected: str = ""
    after: str = ""
    passages: tuple[ContextPassage, ...] = ()


Prompt = FillIn | Instruction


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the text is chosen, and when it ends.

    Attributes:
        max_tokens: Most tokens that are written.
        temperature: 0 takes the likeliest token each time; higher ones vary more.
        top_p: With a temperature above 0, tokens are drawn from the likeliest ones that together have this
            share of the probability.
        seed: Makes a temperature above 0 repeatable.
        stop: Texts that end the completion, and are not part of it.
        grammar: A GBNF grammar that the text obeys; "" for none.
        single_line: Whether the first line break that follows text ends it.
    """

    max_tokens: int = 256
    temperature: float = 0.0
    seed: int = 0
    stop: tuple[str, ...] = ()
    grammar: str = ""
    single_line: bool = False
    top_p: float = 0.95


@dataclass(frozen=True, slots=True)
class Usage:
    """What a completion took.

    Attributes:
        prompt_tokens: Tokens of the prompt.
        cached_tokens: Those of them that the model still knew from the request before.
        completion_tokens: Tokens written.
        guessed_tokens: Those of them that were guessed from the prompt and confirmed (speculative decoding).
        passages: Positions of the context passages that the prompt has.
        is_trimmed: Whether something of the document was left out for want of room.
        prompt_seconds: Time to read the prompt.
        completion_seconds: Time to write.
    """

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    guessed_tokens: int = 0
    passages: tuple[int, ...] = ()
    is_trimmed: bool = False
    prompt_seconds: float = 0.0
    completion_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Completion:
    """What was written.

    Attributes:
        text: All of it; valid Unicode.
        finish_reason: Why it ended.
        usage: What it took.
    """

    text: str
    finish_reason: FinishReason
    usage: Usage


@dataclass(frozen=True, slots=True)
class RenderedPrompt:
    """A prompt as the model gets it.

    Attributes:
        text: With the model's control tokens written out.
        tokens: Its length.
        passages: Positions of the context passages that it has.
        is_trimmed: Whether something of the document was left out for want of room.
    """

    text: str
    tokens: int
    passages: tuple[int, ...] = ()
    is_trimmed: bool = False
