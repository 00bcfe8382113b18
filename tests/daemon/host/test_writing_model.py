"""The model that writes is made when it is needed, exchanged by the settings, and ended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from codeassistd.daemon.host.writing_model import WritingModel
from codeassistd.daemon.settings import Settings
from codeassistd.daemon.settings_writing import GenerationSettings
from codeassistd.models.completer_usage import CompleterUsage, CompletionCounts
from codeassistd.models.completion import CompleterIdentity
from codeassistd.models.errors import CodeassistdError, UsageError


class Named:
    """A completer that is only ever asked who it is."""

    def __init__(self, name: str) -> None:
        self.identity = CompleterIdentity(name, "models.example")
        self.is_closed = False

    def usage(self) -> CompleterUsage:
        return CompleterUsage("loaded", "CPU", 3, CompletionCounts(2, 7, 0, 5), 1, "", 1.5, 99, 1, 2)

    def close(self) -> None:
        self.is_closed = True


class Maker:
    def __init__(self) -> None:
        self.made: list[Named] = []

    def __call__(self, settings: Settings) -> Any:
        if not settings.generation.model:
            raise UsageError("No model that writes is set up.", "pull one")
        self.made.append(Named(settings.generation.model))
        return self.made[-1]


def named(model: str) -> Settings:
    return Settings(generation=GenerationSettings(model=model))


def test_a_model_is_made_once_and_when_it_is_needed() -> None:
    make = Maker()
    model = WritingModel(make, named("a"))
    assert (make.made, model.summaries()) == ([], ())
    assert model.is_there
    assert model.completer() is model.completer() is make.made[0]
    summary = model.summaries()[0]
    assert (summary.name, summary.role, summary.uses) == ("a at models.example", "generate", 3)
    assert (summary.texts, summary.tokens, summary.errors) == (2, 12, 1)
    assert (summary.queued, summary.memory) == (2, 99)


def test_other_settings_exchange_it() -> None:
    make = Maker()
    model = WritingModel(make, named("a"))
    before = model.completer()
    model.apply(named("a"))
    assert model.completer() is before
    model.apply(named("b"))
    assert make.made[0].is_closed
    assert model.completer().identity.name == "b"
    model.apply(replace(named("b"), generation=GenerationSettings(model="b", threads=3)))
    assert model.settings.threads == 3
    assert len([each for each in make.made if each.is_closed]) == 2


def test_without_a_model_it_says_how_to_get_one_and_looks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    make = Maker()
    model = WritingModel(make, named(""))
    for _ in range(2):
        with pytest.raises(UsageError, match="No model that writes") as raised:
            model.completer()
        assert raised.value.hint == "pull one"
    assert not model.is_there
    model.apply(named("a"))
    assert model.is_there


def test_nothing_is_made_once_it_is_closed() -> None:
    make = Maker()
    model = WritingModel(make, named("a"))
    model.completer()
    model.close()
    assert make.made[0].is_closed
    with pytest.raises(CodeassistdError):
        model.completer()
    assert len(make.made) == 1
