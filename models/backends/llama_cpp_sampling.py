"""Which token comes next: the likeliest, or one drawn by chance; within a grammar where there is one."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import UsageError
from .llama_cpp_library import LlamaCppError, complaints, forget_complaints

if TYPE_CHECKING:
    from ..completion import Sampling
    from .llama_cpp_context import LlamaContext
    from .llama_cpp_model import LlamaModel

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
_LIKELIEST = 100
"""How many of the likeliest tokens are drawn from, at most."""


class TokenChooser:
    """Chooses tokens one after the other; free it with `close`.

    Args:
        model: Whose tokens.
        sampling: How.

    Raises:
        UsageError: The grammar is wrong.
    """

    def __init__(self, model: LlamaModel, sampling: Sampling) -> None:
        self._model = model
        self._library = model.library
        self._chain = self._drawing(sampling) if sampling.temperature > 0 else None
        try:
            self._grammar = self._obeying(sampling.grammar) if sampling.grammar else None
        except UsageError:
            self._grammar = None
            self.close()
            raise

    def choose(self, context: LlamaContext, output: int) -> int:
        """The next token.

        Args:
            context: Its scores are used.
            output: Position among the tokens of its last step; -1 for the last.

        Raises:
            LlamaCppError: No token of the vocabulary goes on with the grammar.
        """
        if self._chain:
            token = int(self._library.llama_sampler_sample(self._chain, context.handle, output))
        else:
            token = int(np.argmax(self._scores(context, output)))
        if self._grammar:
            if not self._allows(token):
                token = self._allowed(context, output)
            self._library.llama_sampler_accept(self._grammar, token)
        return token

    def close(self) -> None:
        """Free the memory."""
        for sampler in (self._chain, self._grammar):
            if sampler:
                self._library.llama_sampler_free(sampler)
        self._chain = self._grammar = None

    def _drawing(self, sampling: Sampling) -> Any:
        lib = self._library
        chain = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
        for sampler in (
            lib.llama_sampler_init_top_k(_LIKELIEST),
            lib.llama_sampler_init_top_p(sampling.top_p, 1),
            lib.llama_sampler_init_temp(sampling.temperature),
            lib.llama_sampler_init_dist(sampling.seed & 0xFFFFFFFF),
        ):
            lib.llama_sampler_chain_add(chain, sampler)
        return chain

    def _obeying(self, grammar: str) -> Any:
        forget_complaints()
        sampler = self._library.llama_sampler_init_grammar(
            self._model.vocabulary, grammar.encode("utf-8", "replace"), b"root"
        )
        if not sampler:
            raise UsageError(
                f"The grammar is wrong: {complaints() or 'it has no rule named root'}.",
                hint="A grammar is in GBNF, and its first rule is named root.",
            )
        return sampler

    def _scores(self, context: LlamaContext, output: int) -> Any:
        pointer = self._library.llama_get_logits_ith(context.handle, output)
        if not pointer:
            raise LlamaCppError(f"The model {self._model.path} gives no scores.", hint="Use another model.")
        return np.ctypeslib.as_array(pointer, shape=(self._model.size,))

    def _allows(self, token: int) -> bool:
        one = np.array([(token, 0.0, 0.0)], dtype=_CANDIDATE)
        self._library.llama_sampler_apply(self._grammar, ctypes.byref(self._candidates(one)))
        return bool(np.isfinite(one["logit"][0]))

    def _allowed(self, context: LlamaContext, output: int) -> int:
        scores = self._scores(context, output)
        every = np.zeros(len(scores), dtype=_CANDIDATE)
        every["id"] = np.arange(len(scores), dtype=np.int32)
        every["logit"] = scores
        candidates = self._candidates(every)
        self._library.llama_sampler_apply(self._grammar, ctypes.byref(candidates))
        best = int(np.argmax(every["logit"]))
        if not np.isfinite(every["logit"][best]):
            raise LlamaCppError(
                f"No token of the model {self._model.path} goes on with the grammar.",
                hint="Use a grammar that can end, and whose characters the model knows.",
            )
        if not self._chain:
            return best
        # llama.cpp's samplers go by the places of candidates, and forbidden ones must not be drawn at all.
        possible = every[np.isfinite(every["logit"])]
        candidates = self._candidates(possible)
        self._library.llama_sampler_apply(self._chain, ctypes.byref(candidates))
        return int(candidates.data[candidates.selected].id)

    def _candidates(self, array: Any) -> Any:
        pointer = array.ctypes.data_as(ctypes.POINTER(self._library.llama_token_data))
        return self._library.llama_token_data_array(pointer, len(array), -1, False)  # noqa: FBT003
