"""Any prompt made for a model: the one door for engines."""

from __future__ import annotations

from ..completion import FillIn, Prompt
from .families import fim_format
from .fill_in import fill_in_prompt
from .instruct import instruct_prompt
from .model_facts import ModelFacts
from .segments import BuiltPrompt
from .windows import Count


def build_prompt(prompt: Prompt, facts: ModelFacts, budget: int, count: Count) -> BuiltPrompt:
    """Make a prompt.

    Args:
        prompt: What is asked.
        facts: The model.
        budget: Most tokens of the prompt: the context's size less what is to be written.
        count: Tokens of a plain text, by the model's tokenizer with special tokens off.

    Raises:
        CodeassistdError: An instruction, or the selection that it is about, doesn't fit.
    """
    if isinstance(prompt, FillIn):
        return fill_in_prompt(prompt, fim_format(facts), budget, count)
    return instruct_prompt(prompt, facts, budget, count)
