"""What is indexed, which model reads, how searches and the daemon behave: sections of the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from ..models.catalog import DEFAULT_MODEL
from ..models.identity import PrecisionChoice
from .settings_rules import Rule, obeys

Engine = Literal["auto", "mlx", "openvino", "torch"]
Mode = Literal["hybrid", "semantic", "keyword"]
WatchMethod = Literal["auto", "native", "poll"]
LogLevel = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """What is indexed, and within which limits."""

    include: tuple[str, ...] = field(
        default=(),
        metadata=obeys(
            Rule("globs", "Index only what matches one of these gitignore-style patterns", in_workspace=True)
        ),
    )
    exclude: tuple[str, ...] = field(
        default=(),
        metadata=obeys(
            Rule("globs", "Leave out what matches one of these gitignore-style patterns", in_workspace=True)
        ),
    )
    respect_gitignore: bool = field(
        default=True, metadata=obeys(Rule("flag", "Leave out what git ignores", in_workspace=True))
    )
    max_file_bytes: int = field(
        default=1_000_000,
        metadata=obeys(
            Rule("integer", "Leave out larger files (bytes)", in_workspace=True, minimum=1, maximum=1e8)
        ),
    )
    max_line_length: int = field(
        default=5_000,
        metadata=obeys(
            Rule(
                "integer",
                "Leave out files with a longer line (characters)",
                in_workspace=True,
                minimum=80,
                maximum=1e7,
            )
        ),
    )
    index_secrets: bool = field(
        default=False, metadata=obeys(Rule("flag", "Index files that look like secrets, such as .env"))
    )
    workers: int = field(
        default=0,
        metadata=obeys(
            Rule("integer", "Processes that read and chunk; 0 chooses by the number of cores", maximum=64)
        ),
    )
    keep_vectors: int = field(
        default=2_000_000,
        metadata=obeys(Rule("integer", "Most vectors kept for reuse by all workspaces", minimum=1_000)),
    )


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """How the embedding model runs."""

    name: str = field(
        default=DEFAULT_MODEL,
        metadata=obeys(
            Rule("model", "The embedding model: the name of one that is here, or the path of its folder")
        ),
    )
    engine: Engine = field(
        default="auto",
        metadata=obeys(Rule("choice", "What runs the embedding model", choices=get_args(Engine))),
    )
    precision: PrecisionChoice = field(
        default="auto",
        metadata=obeys(
            Rule(
                "choice",
                "Weights as published (float), or rounded to 8 bits: quicker, with an index of its own",
                choices=get_args(PrecisionChoice),
            )
        ),
    )
    dimensions: int = field(
        default=0,
        metadata=obeys(
            Rule(
                "integer",
                "Length to which vectors are cut, for models trained for that; 0 means all there is",
                maximum=100_000,
            )
        ),
    )
    threads: int = field(
        default=0,
        metadata=obeys(
            Rule("integer", "Processor threads for the model; 0 means all there are", maximum=1024)
        ),
    )
    reranker: str = field(
        default="",
        metadata=obeys(
            Rule("reranker", "A pulled cross-encoder, or its folder; none means the embedded reranker")
        ),
    )


@dataclass(frozen=True, slots=True)
class HubSettings:
    """Where `models pull` fetches from; nothing else uses the network."""

    endpoint: str = field(
        default="",
        metadata=obeys(
            Rule("url", "The hub that models are pulled from; empty means HF_ENDPOINT, or huggingface.co")
        ),
    )
    offline: bool = field(
        default=False, metadata=obeys(Rule("flag", "Refuse to pull models, as HF_HUB_OFFLINE=1 does"))
    )


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How a search answers when the command line doesn't say."""

    limit: int = field(
        default=10, metadata=obeys(Rule("integer", "Number of results", minimum=1, maximum=1000))
    )
    mode: Mode = field(
        default="hybrid",
        metadata=obeys(
            Rule("choice", "What results are ranked by", choices=("hybrid", "semantic", "keyword"))
        ),
    )
    rerank: bool = field(
        default=False,
        metadata=obeys(Rule("flag", "Let a reranking model look at the best results again")),
    )
    refresh_seconds: float = field(
        default=3.0,
        metadata=obeys(
            Rule("number", "Longest time a search embeds changed files before it answers", maximum=3600)
        ),
    )
    first_answer_seconds: float = field(
        default=2.5,
        metadata=obeys(
            Rule("number", "Longest time a search reads a workspace that has no index yet", maximum=3600)
        ),
    )


@dataclass(frozen=True, slots=True)
class DaemonSettings:
    """How the daemon behaves on the user's machine."""

    watch: WatchMethod = field(
        default="auto",
        metadata=obeys(
            Rule(
                "choice",
                "How changes are noticed; network folders and some containers need polling",
                choices=get_args(WatchMethod),
            )
        ),
    )
    idle_exit_minutes: float = field(
        default=60.0,
        metadata=obeys(
            Rule(
                "number", "Minutes without a client after which the daemon ends; 0 keeps it", maximum=100_000
            )
        ),
    )
    preload: bool = field(
        default=True,
        metadata=obeys(
            Rule("flag", "Load the embedding model when a workspace is opened, not at its first search")
        ),
    )
    unload_minutes: float = field(
        default=5.0,
        metadata=obeys(
            Rule(
                "number",
                "Minutes without use after which a model is unloaded",
                minimum=0.05,
                maximum=100_000,
            )
        ),
    )
    save_power: bool = field(
        default=True,
        metadata=obeys(Rule("flag", "Leave large amounts of text unembedded while on battery")),
    )
    log_level: LogLevel = field(
        default="info",
        metadata=obeys(Rule("choice", "How much is logged", choices=get_args(LogLevel))),
    )
