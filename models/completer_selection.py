"""Load the model that writes, with as much context as the machine has memory for, and say how it runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import hardware
from .completion import CompleterIdentity
from .errors import CodeassistdError, UsageError
from .reading_pace import CPU_TOKENS, GPU_TOKENS

if TYPE_CHECKING:
    from .backends.llama_cpp_completer import LlamaCompleter
    from .gguf.facts import GgufFacts

DEFAULT_CONTEXT_TOKENS = 8_192
DEFAULT_BATCH_TOKENS = 512
_LEAST_CONTEXT_TOKENS = 1_024
_GRANULE_TOKENS = 256
TYPING_TOKENS, GPU_TYPING_TOKENS = 4_096, 8_192
"""Longest text for somebody who types; has a context of its own beside the instructions'."""

_WORKING_BYTES = 120_000_000
"""What llama.cpp takes beside weights and cache: buffers for a batch, for each of two contexts."""


@dataclass(frozen=True, slots=True)
class CompleterRequest:
    """Which model should write, and with what.

    Attributes:
        path: A ``.gguf`` file; of a model in parts, the first.
        context_tokens: Longest text, prompt and completion; 0 for what suits model and memory.
        gpu_layers: Layers on the GPU; -1 for all that a GPU can take, where llama.cpp can use one.
        threads: Threads that compute; 0 for one on each core.
        batch: Most tokens that are computed at once.
        flash_attention: Whether attention is computed without its whole matrix; None for llama.cpp's choice.
    """

    path: str
    context_tokens: int = 0
    gpu_layers: int = -1
    threads: int = 0
    batch: int = DEFAULT_BATCH_TOKENS
    flash_attention: bool | None = None


@dataclass(frozen=True, slots=True)
class LoadedCompleter:
    """A model ready for use.

    Attributes:
        completer: The model; its `close` frees the memory.
        reason: One line: device, threads, context and quantisation.
    """

    completer: LlamaCompleter
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How a model is loaded.

    Attributes:
        context_tokens: Longest text.
        typing_tokens: Longest text for somebody who types.
        gpu_layers: Layers on the GPU; negative for all.
        threads: Threads that compute.
        note: Why it isn't as asked for; "" when it is.
    """

    context_tokens: int
    typing_tokens: int
    gpu_layers: int
    threads: int
    note: str = ""


def identity_of(request: CompleterRequest) -> CompleterIdentity:
    """Which model a request leads to, from its file's name; the file isn't opened."""
    return CompleterIdentity(Path(request.path).name.removesuffix(".gguf"))


def context_of(request: CompleterRequest, facts: GgufFacts) -> int:
    """Longest text that a request asks for, in tokens; memory may allow for less."""
    return min(request.context_tokens or DEFAULT_CONTEXT_TOKENS, facts.context_tokens)


def cache_tokens_of(request: CompleterRequest, facts: GgufFacts) -> int:
    """Tokens that both contexts remember at most; memory may allow for less."""
    context = context_of(request, facts)
    return context + min(context, GPU_TYPING_TOKENS)


def load_completer(request: CompleterRequest) -> LoadedCompleter:
    """Load a model.

    Args:
        request: Which one, and how.

    Returns:
        The completer; it may be used by several threads, which take turns.

    Raises:
        UsageError: A number in the request makes no sense.
        GgufError: The file isn't a model that writes, or is damaged.
        CodeassistdError: llama.cpp isn't installed or can't load the model, or there isn't memory enough.
    """
    from .backends.llama_cpp_library import library  # noqa: PLC0415
    from .gguf.facts import read_facts  # noqa: PLC0415

    facts = read_facts(Path(request.path))
    can_offload = bool(library().llama_supports_gpu_offload())
    chosen = plan(request, facts, available=hardware.available_memory(), can_offload=can_offload)
    completer = _load(request, facts, chosen)
    words = [
        _device(chosen, facts),
        f"{chosen.threads} thread{'s' if chosen.threads != 1 else ''}",
        f"{completer.context_tokens:,} tokens of context",
        *([facts.quantization] if facts.quantization else []),
        *([chosen.note] if chosen.note else []),
    ]
    return LoadedCompleter(completer, ", ".join(words))


def plan(request: CompleterRequest, facts: GgufFacts, *, available: int, can_offload: bool) -> Plan:
    """Choose what a request leaves open.

    Args:
        request: What is asked for.
        facts: The model.
        available: Bytes of memory.
        can_offload: Whether llama.cpp can use a GPU here.

    Raises:
        UsageError: A number in the request makes no sense.
        CodeassistdError: The model doesn't fit into memory.
    """
    _check(request)
    layers = request.gpu_layers if can_offload else 0
    on_cpu = 0.0 if layers < 0 else max(0.0, 1 - layers / (facts.layers + 1))
    weights = round(facts.file_bytes * on_cpu)
    context = wanted = context_of(request, facts)
    most_typing = GPU_TYPING_TOKENS if layers else TYPING_TOKENS

    # What a GPU holds isn't known here; llama.cpp says when it isn't enough.
    def needed_for(context: int) -> int:
        tokens = context + min(context, most_typing)
        return weights + _WORKING_BYTES + round(tokens * facts.cache_bytes * on_cpu)

    needed = needed_for(context)
    while not request.context_tokens and needed > available and context // 2 >= _LEAST_CONTEXT_TOKENS:
        context //= 2
        needed = needed_for(context)
    if needed > available:
        raise CodeassistdError(
            f"The model {facts.path} needs about {needed / 1e9:.1f} GB of memory with {context:,} tokens of"
            f" context, and {available / 1e9:.1f} GB are available.",
            hint="Close other programs, or choose a smaller model or a shorter context.",
        )
    notes = []
    if request.context_tokens > facts.context_tokens:
        notes.append(f"the model has no more than {facts.context_tokens:,}")
    if context < wanted:
        notes.append("for want of memory no more")
    if request.gpu_layers > 0 and not can_offload:
        notes.append("this llama.cpp can't use a GPU")
    threads = request.threads or hardware.physical_cores()
    return Plan(context, min(context, most_typing), layers, threads, ", ".join(notes))


def _check(request: CompleterRequest) -> None:
    for name, number, least in (
        ("context_tokens", request.context_tokens, 0),
        ("gpu_layers", request.gpu_layers, -1),
        ("threads", request.threads, 0),
        ("batch", request.batch, 1),
    ):
        if number < least:
            raise UsageError(f"A model can't have {name} = {number}.", hint=f"Use {least} or more.")
    if 0 < request.context_tokens < _GRANULE_TOKENS:
        raise UsageError(
            f"{request.context_tokens} tokens of context are too few to write anything.",
            hint=f"Use {_GRANULE_TOKENS} or more, or 0 for the default.",
        )


def _load(request: CompleterRequest, facts: GgufFacts, chosen: Plan) -> LlamaCompleter:
    from .backends.llama_cpp_completer import LlamaCompleter  # noqa: PLC0415
    from .backends.llama_cpp_context import ContextSize  # noqa: PLC0415
    from .backends.llama_cpp_engine import LlamaEngine  # noqa: PLC0415

    size = ContextSize(chosen.context_tokens, request.batch, chosen.threads, request.flash_attention)
    identity = identity_of(request)
    engine = LlamaEngine(facts.path, identity.name, size, chosen.gpu_layers, chosen.typing_tokens)
    return LlamaCompleter(identity, engine, GPU_TOKENS if chosen.gpu_layers else CPU_TOKENS)


def _device(chosen: Plan, facts: GgufFacts) -> str:
    if chosen.gpu_layers == 0:
        return "CPU"
    if chosen.gpu_layers < 0 or chosen.gpu_layers > facts.layers:
        return "GPU"
    return f"GPU for {chosen.gpu_layers} of {facts.layers} layers"
