"""Conversations written by a model's own chat template; contents can't become control tokens.

A template is a Jinja program out of a downloaded file: it runs in a sandbox and sees placeholders in the
place of all contents. Only what the template itself writes is searched for control tokens; the contents are
put in afterwards, as plain text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any, Literal

from jinja2 import Template, TemplateError, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .families import beginning
from .model_facts import ModelFacts
from .segments import Control, Segment, Text, joined

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{{ message.content }}<|im_end|>\n{% endfor %}"
    "<|im_start|>assistant{{ '\n' }}"
)
PLAIN_FORM = (
    "{% for message in messages %}{% if message.role == 'user' %}### Instruction:\n{% endif %}"
    "{{ message.content }}\n\n{% endfor %}### Response:{{ '\n' }}"
)
_TOKEN = re.compile(r"<[^<>\s]{1,60}>|\[[^\[\]\s]{1,40}\]")
_PLACEHOLDER = re.compile("\ue000content(\\d+)\ue001")
_MOST_TEMPLATE_CHARACTERS = 200_000


@dataclass(frozen=True, slots=True)
class Message:
    """One part of a conversation.

    Attributes:
        role: Whose it is.
        content: Any text.
    """

    role: Literal["system", "user"]
    content: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation in a model's form, up to where its answer begins.

    Attributes:
        segments: The prompt.
        opens_reasoning: Whether it ends inside a reasoning block.
        notice: What a person should know; "" when there is nothing.
    """

    segments: tuple[Segment, ...]
    opens_reasoning: bool = False
    notice: str = ""


class _TemplateRefusalError(TemplateError):
    """What a template raises by itself."""


class _GenerationTag(Extension):
    """``{% generation %}``, with which templates mark what is trained on; it writes its body."""

    tags = {"generation"}  # noqa: RUF012 - as Jinja declares it

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """Read the tag."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def conversation(
    messages: Sequence[Message], facts: ModelFacts, now: Callable[[], datetime] | None = None
) -> Conversation:
    """Write a conversation as the model has learnt it.

    Without a template that works, as ChatML if the model has its tokens, else under plain headings.

    Args:
        messages: At most one of the system, which comes first, then one of the user.
        facts: The model.
        now: The time that templates may ask for; local time if None.
    """
    clock = now or (lambda: datetime.now(tz=timezone.utc).astimezone())  # noqa: UP017
    rendered = _rendered(messages, facts, facts.chat_template, clock) if facts.chat_template else None
    notice = ""
    if rendered is None and facts.chat_template:
        notice = (
            f"The chat template of {facts.name or 'this model'} doesn't work here; a common form is used."
        )
    if rendered is None and None not in {facts.token_id("<|im_start|>"), facts.token_id("<|im_end|>")}:
        rendered = _rendered(messages, facts, CHATML, clock)
    if rendered is None:
        rendered = _rendered(messages, facts, PLAIN_FORM, clock)
    if rendered is None:
        msg = "a built-in form of prompts doesn't work"
        raise AssertionError(msg)
    text, contents = rendered
    segments = _segments(text, contents, facts)
    begin = beginning(facts)
    if begin is not None and segments[:1] != (begin,):
        segments = (begin, *segments)
    return Conversation(segments, text.rstrip().endswith("<think>"), notice)


def _rendered(
    messages: Sequence[Message], facts: ModelFacts, template: str, clock: Callable[[], datetime]
) -> tuple[str, list[str]] | None:
    """The template's text with placeholders, and what they stand for; None if it takes none of our forms."""
    merged = [Message("user", "\n\n".join(message.content for message in messages))]
    if len(template) > _MOST_TEMPLATE_CHARACTERS:
        return None
    for as_parts in (False, True):
        for form in (list(messages), merged):
            text = _attempt(form, facts, template, clock, as_parts=as_parts)
            found = [] if text is None else [int(number) for number in _PLACEHOLDER.findall(text)]
            if text is not None and found == list(range(len(form))):
                return text, [message.content for message in form]
    return None


def _attempt(
    messages: Sequence[Message],
    facts: ModelFacts,
    template: str,
    clock: Callable[[], datetime],
    *,
    as_parts: bool,
) -> str | None:
    contents = [f"\ue000content{number}\ue001" for number in range(len(messages))]
    given = [
        {"role": message.role, "content": [{"type": "text", "text": content}] if as_parts else content}
        for message, content in zip(messages, contents, strict=True)
    ]
    try:
        return _compiled(template).render(
            messages=given,
            add_generation_prompt=True,
            enable_thinking=False,
            strftime_now=lambda form: clock().strftime(form),
            bos_token=facts.token_text(facts.bos_id) if facts.bos_id is not None else "",
            eos_token=facts.token_text(facts.eos_id) if facts.eos_id is not None else "",
        )
    except Exception:  # noqa: BLE001 - a template is a program of someone else's: anything may come of it
        return None


@lru_cache(maxsize=8)
def _compiled(template: str) -> Template:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", _GenerationTag]
    )
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _refuse
    return environment.from_string(template)


def _refuse(message: str) -> None:
    raise _TemplateRefusalError(message)


def _tojson(
    value: Any,
    ensure_ascii: bool = False,  # noqa: FBT001, FBT002
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,  # noqa: FBT001, FBT002
) -> str:
    """JSON as the templates of transformers expect it: not escaped for HTML."""
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def _segments(text: str, contents: list[str], facts: ModelFacts) -> tuple[Segment, ...]:
    segments: list[Segment] = []
    for position, piece in enumerate(_PLACEHOLDER.split(text)):
        if position % 2:
            segments.append(Text(contents[int(piece)]))
        else:
            segments += _parsed(piece, facts)
    return joined(segments)


def _parsed(text: str, facts: ModelFacts) -> list[Segment]:
    """A template's own text with the control tokens in it found."""
    segments: list[Segment] = []
    at = 0
    for match in _TOKEN.finditer(text):
        id_ = facts.token_id(match.group())
        if id_ is not None:
            segments += [Text(text[at : match.start()]), Control(id_, match.group())]
            at = match.end()
    return [*segments, Text(text[at:])]
