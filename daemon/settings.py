"""The settings as frozen typed objects; each field carries the rule its values obey."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Literal, cast, get_args

from ..models.catalog import DEFAULT_MODEL, entries
from ..models.identity import DEFAULT_PRECISION, PrecisionClass
from .settings_rules import Rule

Engine = Literal["auto", "openvino", "torch"]
Mode = Literal["hybrid", "semantic", "keyword"]
WatchMethod = Literal["auto", "native", "poll"]
LogLevel = Literal["debug", "info", "warning", "error"]

DEFAULT_SOURCE = "default"


def _obeys(rule: Rule) -> dict[str, Rule]:
    return {"rule": rule}


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """What is indexed, and within which limits."""

    include: tuple[str, ...] = field(
        default=(),
        metadata=_obeys(
            Rule("globs", "Index only what matches one of these gitignore-style patterns", in_workspace=True)
        ),
    )
    exclude: tuple[str, ...] = field(
        default=(),
        metadata=_obeys(
            Rule("globs", "Leave out what matches one of these gitignore-style patterns", in_workspace=True)
        ),
    )
    respect_gitignore: bool = field(
        default=True, metadata=_obeys(Rule("flag", "Leave out what git ignores", in_workspace=True))
    )
    max_file_bytes: int = field(
        default=1_000_000,
        metadata=_obeys(
            Rule("integer", "Leave out larger files (bytes)", in_workspace=True, minimum=1, maximum=1e8)
        ),
    )
    max_line_length: int = field(
        default=5_000,
        metadata=_obeys(
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
        default=False, metadata=_obeys(Rule("flag", "Index files that look like secrets, such as .env"))
    )
    workers: int = field(
        default=0,
        metadata=_obeys(
            Rule("integer", "Processes that read and chunk; 0 chooses by the number of cores", maximum=64)
        ),
    )
    keep_vectors: int = field(
        default=2_000_000,
        metadata=_obeys(Rule("integer", "Most vectors kept for reuse by all workspaces", minimum=1_000)),
    )


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """How the embedding model runs."""

    name: str = field(
        default=DEFAULT_MODEL,
        metadata=_obeys(
            Rule("choice", "The embedding model", choices=tuple(entry.name for entry in entries()))
        ),
    )
    engine: Engine = field(
        default="auto",
        metadata=_obeys(
            Rule("choice", "What runs the embedding model", choices=("auto", "openvino", "torch"))
        ),
    )
    precision: PrecisionClass = field(
        default=DEFAULT_PRECISION,
        metadata=_obeys(
            Rule(
                "choice",
                "Weights as published, or rounded to 8 bits: quicker, with an index of its own",
                choices=get_args(PrecisionClass),
            )
        ),
    )
    threads: int = field(
        default=0,
        metadata=_obeys(
            Rule("integer", "Processor threads for the model; 0 means all there are", maximum=1024)
        ),
    )
    reranker: str = field(
        default="",
        metadata=_obeys(
            Rule("folder", "A cross-encoder's folder, such as ~/models/ranker; none means the embedded one")
        ),
    )


@dataclass(frozen=True, slots=True)
class HubSettings:
    """Where `models pull` fetches from; nothing else uses the network."""

    endpoint: str = field(
        default="",
        metadata=_obeys(
            Rule("url", "The hub that models are pulled from; empty means HF_ENDPOINT, or huggingface.co")
        ),
    )
    offline: bool = field(
        default=False, metadata=_obeys(Rule("flag", "Refuse to pull models, as HF_HUB_OFFLINE=1 does"))
    )


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How a search answers when the command line doesn't say."""

    limit: int = field(
        default=10, metadata=_obeys(Rule("integer", "Number of results", minimum=1, maximum=1000))
    )
    mode: Mode = field(
        default="hybrid",
        metadata=_obeys(
            Rule("choice", "What results are ranked by", choices=("hybrid", "semantic", "keyword"))
        ),
    )
    rerank: bool = field(
        default=False,
        metadata=_obeys(Rule("flag", "Let a reranking model look at the best results again")),
    )
    refresh_seconds: float = field(
        default=3.0,
        metadata=_obeys(
            Rule("number", "Longest time a search embeds changed files before it answers", maximum=3600)
        ),
    )
    first_answer_seconds: float = field(
        default=2.5,
        metadata=_obeys(
            Rule("number", "Longest time a search reads a workspace that has no index yet", maximum=3600)
        ),
    )


@dataclass(frozen=True, slots=True)
class DaemonSettings:
    """How the daemon behaves on the user's machine."""

    watch: WatchMethod = field(
        default="auto",
        metadata=_obeys(
            Rule(
                "choice",
                "How changes are noticed; network folders and some containers need polling",
                choices=get_args(WatchMethod),
            )
        ),
    )
    idle_exit_minutes: float = field(
        default=60.0,
        metadata=_obeys(
            Rule(
                "number", "Minutes without a client after which the daemon ends; 0 keeps it", maximum=100_000
            )
        ),
    )
    preload: bool = field(
        default=True,
        metadata=_obeys(
            Rule("flag", "Load the embedding model when a workspace is opened, not at its first search")
        ),
    )
    unload_minutes: float = field(
        default=5.0,
        metadata=_obeys(
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
        metadata=_obeys(Rule("flag", "Leave large amounts of text unembedded while on battery")),
    )
    log_level: LogLevel = field(
        default="info",
        metadata=_obeys(Rule("choice", "How much is logged", choices=get_args(LogLevel))),
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, and where each value came from.

    Attributes:
        index: What is indexed.
        model: How the embedding model runs.
        hub: Where models are pulled from.
        search: How a search answers.
        daemon: How the daemon behaves.
        sources: Source by key ("index.exclude"); keys at their default are absent.
    """

    index: IndexSettings = field(default_factory=IndexSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    hub: HubSettings = field(default_factory=HubSettings)
    search: SearchSettings = field(default_factory=SearchSettings)
    daemon: DaemonSettings = field(default_factory=DaemonSettings)
    sources: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def value(self, key: str) -> object:
        """The value of a dotted key of RULES."""
        section, _, name = key.partition(".")
        return cast("object", getattr(getattr(self, section), name))

    @property
    def chosen(self) -> dict[str, object]:
        """The values that are not at their default, by dotted key."""
        return {key: value for key in RULES if (value := self.value(key)) != _DEFAULTS.value(key)}

    def source(self, key: str) -> str:
        """Where the value of a dotted key came from."""
        return self.sources.get(key, DEFAULT_SOURCE)


Section = IndexSettings | ModelSettings | HubSettings | SearchSettings | DaemonSettings

SECTIONS: Mapping[str, type[Section]] = MappingProxyType(
    {
        "index": IndexSettings,
        "model": ModelSettings,
        "hub": HubSettings,
        "search": SearchSettings,
        "daemon": DaemonSettings,
    }
)

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        f"{name}.{item.name}": item.metadata["rule"]
        for name, section in SECTIONS.items()
        for item in fields(section)
    }
)
"""Rule by dotted key, in the order of the documentation."""


_DEFAULTS = Settings()


def build_settings(values: Mapping[str, object], sources: Mapping[str, str]) -> Settings:
    """Settings from checked values.

    Args:
        values: By dotted key, each passed by its rule; absent keys get their default.
        sources: Where each came from.

    Returns:
        The frozen settings.
    """
    per_section: dict[str, dict[str, object]] = {name: {} for name in SECTIONS}
    for key, value in values.items():
        section, _, name = key.partition(".")
        per_section[section][name] = value
    # The rules, not the type checker, vouch for these values.
    return Settings(
        index=IndexSettings(**per_section["index"]),  # type: ignore[arg-type]
        model=ModelSettings(**per_section["model"]),  # type: ignore[arg-type]
        hub=HubSettings(**per_section["hub"]),  # type: ignore[arg-type]
        search=SearchSettings(**per_section["search"]),  # type: ignore[arg-type]
        daemon=DaemonSettings(**per_section["daemon"]),  # type: ignore[arg-type]
        sources=MappingProxyType(dict(sources)),
    )
