"""What a model's own file says of the prompts that it understands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

TokenId = Callable[[str], int | None]
"""Gives the id of the token with exactly this text in the model's vocabulary; None when there is none."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model as its metadata and vocabulary describe it.

    Attributes:
        token_id: Look-up in the vocabulary, by a token's exact text (``"<|fim_prefix|>"``); to be asked of
            control tokens and user-defined ones only, as those of ordinary text can have the same letters.
        architecture: ``general.architecture`` ("qwen2", "starcoder2", "llama", ...); "" when unknown.
        name: ``general.name``, else the file's name; "" when unknown.
        fim_ids: Ids that the metadata names, by role: the keys are "pre", "suf", "mid", "rep", "sep" and
            "pad", from ``tokenizer.ggml.fim_pre_token_id`` and so on, or from the older
            ``tokenizer.ggml.prefix_token_id`` (pre), ``suffix_token_id`` (suf) and ``middle_token_id`` (mid).
        token_text: A token's text by its id; "" when there is none such. Says what the ids above stand for.
        chat_template: ``tokenizer.chat_template``, Jinja2; "" when the model has none.
        bos_id: Id of the token that begins a text; None when the model has none.
        eos_id: Id of the token that ends one; None when the model has none.
        add_bos: Whether prompts begin with `bos_id` (``tokenizer.ggml.add_bos_token``, else the tokenizer's
            default).
    """

    token_id: TokenId
    architecture: str = ""
    name: str = ""
    fim_ids: dict[str, int] = field(default_factory=dict)
    token_text: Callable[[int], str] = lambda _id: ""
    chat_template: str = ""
    bos_id: int | None = None
    eos_id: int | None = None
    add_bos: bool = False
