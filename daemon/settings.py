"""The settings as frozen typed objects; each field carries the rule its values obey."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import cast

from .settings_rules import Rule
from .settings_sections import DaemonSettings, HubSettings, IndexSettings, ModelSettings, SearchSettings
from .settings_writing import CompletionSettings, GenerationSettings

DEFAULT_SOURCE = "default"


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, and where each value came from.

    Attributes:
        index: What is indexed.
        model: How the embedding model runs.
        hub: Where models are pulled from.
        search: How a search answers.
        generation: Which model writes.
        completion: When what is being typed is completed.
        daemon: How the daemon behaves.
        sources: Source by key ("index.exclude"); keys at their default are absent.
    """

    index: IndexSettings = field(default_factory=IndexSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    hub: HubSettings = field(default_factory=HubSettings)
    search: SearchSettings = field(default_factory=SearchSettings)
    generation: GenerationSettings = field(default_factory=GenerationSettings)
    completion: CompletionSettings = field(default_factory=CompletionSettings)
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


Section = (
    IndexSettings
    | ModelSettings
    | HubSettings
    | SearchSettings
    | GenerationSettings
    | CompletionSettings
    | DaemonSettings
)

SECTIONS: Mapping[str, type[Section]] = MappingProxyType(
    {
        "index": IndexSettings,
        "model": ModelSettings,
        "hub": HubSettings,
        "search": SearchSettings,
        "generation": GenerationSettings,
        "completion": CompletionSettings,
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
        generation=GenerationSettings(**per_section["generation"]),  # type: ignore[arg-type]
        completion=CompletionSettings(**per_section["completion"]),  # type: ignore[arg-type]
        daemon=DaemonSettings(**per_section["daemon"]),  # type: ignore[arg-type]
        sources=MappingProxyType(dict(sources)),
    )
