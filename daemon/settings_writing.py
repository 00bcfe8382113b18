"""Which model writes, and when what is being typed is completed: sections of the settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from .settings_rules import Rule, obeys


@dataclass(frozen=True, slots=True)
class GenerationSettings:
    """Which model writes, and how."""

    model: str = field(
        default="",
        metadata=obeys(
            Rule("gguf", "The model that writes: one that was pulled, or the path of a GGUF file")
        ),
    )
    endpoint: str = field(
        default="",
        metadata=obeys(
            Rule("url", "An OpenAI-compatible server that writes instead, such as http://127.0.0.1:11434/v1")
        ),
    )
    endpoint_model: str = field(default="", metadata=obeys(Rule("word", "The model to ask that server for")))
    api_key_variable: str = field(
        default="",
        metadata=obeys(Rule("word", "The environment variable that holds the key for that server")),
    )
    context_tokens: int = field(
        default=0,
        metadata=obeys(
            Rule("integer", "Most tokens of prompt and answer; 0 chooses by model and memory", maximum=1e7)
        ),
    )
    gpu_layers: int = field(
        default=-1,
        metadata=obeys(
            Rule("integer", "Layers on the graphics processor; -1 chooses", minimum=-1, maximum=10_000)
        ),
    )
    threads: int = field(
        default=0,
        metadata=obeys(Rule("integer", "Processor threads that write; 0 chooses", maximum=1024)),
    )
    max_tokens: int = field(
        default=1_024,
        metadata=obeys(
            Rule("integer", "Most tokens that an instruction writes", minimum=1, maximum=1_000_000)
        ),
    )
    temperature: float = field(
        default=0.2,
        metadata=obeys(Rule("number", "0 writes the likeliest text; higher ones vary more", maximum=2)),
    )


@dataclass(frozen=True, slots=True)
class CompletionSettings:
    """When and how what is being typed is completed."""

    enabled: bool = field(
        default=True, metadata=obeys(Rule("flag", "Complete what is being typed, where there is a model"))
    )
    debounce_ms: float = field(
        default=60.0,
        metadata=obeys(Rule("number", "Milliseconds without a key before a completion", maximum=60_000)),
    )
    languages_off: tuple[str, ...] = field(
        default=(), metadata=obeys(Rule("words", "Languages, as editors name them, without completions"))
    )
    max_document_bytes: int = field(
        default=1_000_000, metadata=obeys(Rule("integer", "No completions in larger documents (bytes)"))
    )
    max_tokens: int = field(
        default=128,
        metadata=obeys(Rule("integer", "Most tokens of a completion", minimum=1, maximum=10_000)),
    )
    prompt_tokens: int = field(
        default=0,
        metadata=obeys(
            Rule("integer", "Most tokens that are read for a completion; 0 goes by speed", maximum=1e7)
        ),
    )
    context_ms: float = field(
        default=30.0,
        metadata=obeys(
            Rule("number", "Milliseconds to look for helpful code elsewhere; 0 doesn't look", maximum=10_000)
        ),
    )
