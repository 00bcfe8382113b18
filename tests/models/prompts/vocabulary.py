"""Models' facts and a tokenizer, as far as prompts ask for them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from codeassistd.models.prompts.model_facts import ModelFacts
from codeassistd.models.prompts.segments import Control, Segment

_PIECE = re.compile(r" ?[A-Za-z_]{1,6}|\d|\n+[ ]*|[ ]+|.", re.DOTALL)


def pieces(text: str) -> list[str]:
    """Tokens of a text, of about the size that models' tokens have in code."""
    return _PIECE.findall(text)


def count(text: str) -> int:
    return len(pieces(text))


def tokens(segments: Sequence[Segment]) -> list[int | str]:
    """A prompt as a model would get it: numbers for control tokens, pieces for text."""
    result: list[int | str] = []
    for segment in segments:
        result.extend([segment.id] if isinstance(segment, Control) else pieces(segment.text))
    return result


def facts(
    *vocabulary: str,
    architecture: str = "llama",
    name: str = "",
    fim: dict[str, str] | None = None,
    template: str = "",
    bos: str = "",
    eos: str = "",
) -> ModelFacts:
    """A model with these control tokens; their ids begin at 100."""
    ids = {
        text: number
        for number, text in enumerate(dict.fromkeys((*vocabulary, *filter(None, (bos, eos)))), 100)
    }
    texts = {number: text for text, number in ids.items()}
    return ModelFacts(
        token_id=ids.get,
        architecture=architecture,
        name=name,
        fim_ids={role: ids[text] for role, text in (fim or {}).items()},
        token_text=lambda number: texts.get(number, ""),
        chat_template=template,
        bos_id=ids.get(bos),
        eos_id=ids.get(eos),
        add_bos=bool(bos),
    )


QWEN = facts(
    "<|fim_prefix|>",
    "<|fim_suffix|>",
    "<|fim_middle|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
    "<|im_start|>",
    "<|im_end|>",
    architecture="qwen2",
    name="Qwen2.5 Coder 1.5B",
)
