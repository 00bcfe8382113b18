"""Writes for one workspace: finds what the model should know, asks it, and makes its answer fit."""

from __future__ import annotations

import concurrent.futures
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...indexer.grounding.completion import CompletionQuery
from ...indexer.grounding.instruction import InstructionQuery, instruction_context
from ...indexer.grounding.time_box import TimeBox
from ...lsp.generation_service import Generated, InlineSettings, InlineText, Source
from ...lsp.service import CancelledError
from ...models.completion import ContextPassage, Instruction, Sampling, Usage
from ...models.errors import CodeassistdError
from .filling_in import Place, language_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ...indexer.grounding.completion import CompletionGrounding
    from ...indexer.grounding.records import GroundedPassage
    from ...indexer.search.snippet import FileReader
    from ...indexer.store.rows import Snapshot
    from ...lsp.generation_service import GenerationRequest, InlineRequest, RecentEdit
    from ...lsp.service import Cancelled, Unsaved
    from ...models.completion import Prompt
    from ...models.roles import Embedder, SharedCompleter
    from ..settings_writing import CompletionSettings
    from .writing_model import WritingModel

_PATIENT_SECONDS = 2.0
"""To look for helpful code when somebody waits for the answer, instead of typing on."""


@dataclass(frozen=True, slots=True)
class Sight:
    """How a workspace is looked into.

    Attributes:
        root: Its folder.
        glance: Gives the newest revision, with the words of unsaved text over it, or None; waits for nothing.
        view: Gives it too, once there is one and it is this request's turn.
        reader: Gives the text of a file, on screen or disk.
        embedder: Gives the model that reads queries.
        is_selected: Whether the index would have a file; what it leaves out, a secret for one, is not shown
            to a model either.
    """

    root: Path
    glance: Callable[[Unsaved], AbstractContextManager[Snapshot | None]]
    view: Callable[[Unsaved, Cancelled], AbstractContextManager[Snapshot]]
    reader: Callable[[Unsaved], FileReader]
    embedder: Callable[[], Embedder]
    is_selected: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Writing:
    """What text is written with.

    Attributes:
        grounding: Finds passages for completions; shared by the workspace's sessions.
        model: The model that writes.
        settings: Gives the settings of completions in force.
        owner: Whose typing is completed: a name that is the session's alone.
    """

    grounding: CompletionGrounding
    model: WritingModel
    settings: Callable[[], CompletionSettings]
    owner: str


class WorkspaceGeneration:
    """Writing for one workspace that a session has open; see `lsp.generation_service.Generation`.

    Args:
        sight: How the workspace is looked into.
        writing: What text is written with.
    """

    def __init__(self, sight: Sight, writing: Writing) -> None:
        self._sight = sight
        self._grounding = writing.grounding
        self._model = writing.model
        self._settings = writing.settings
        self._owner = writing.owner

    @property
    def takes_instructions(self) -> bool:
        """Whether there is a model for instructions."""
        return self._model.is_there

    @property
    def inline_settings(self) -> InlineSettings:
        """When completions are made."""
        settings = self._settings()
        return InlineSettings(
            is_on=settings.enabled and self._model.is_there,
            debounce_seconds=settings.debounce_ms / 1000,
            languages_off=frozenset(settings.languages_off),
            max_document_bytes=settings.max_document_bytes,
        )

    def prepare(self, request: InlineRequest, unsaved: Unsaved) -> None:
        """Begin to look for what a completion should know."""
        if not self._settings().context_ms:
            return
        place = Place.of(request.path, request.language, request.text, request.offset)
        query = CompletionQuery(place.path, place.text, place.offset, place.language)
        with suppress(CodeassistdError), self._sight.glance(_elsewhere(unsaved, place)) as snapshot:
            if snapshot is not None:
                self._grounding.begin(snapshot, query, self._sight.reader(unsaved))

    def inline(self, request: InlineRequest, unsaved: Unsaved, cancelled: Cancelled) -> InlineText | None:
        """Complete what is being typed."""
        completer, settings = self._model.completer(), self._settings()
        place = Place.of(request.path, request.language, request.text, request.offset)
        passages = self._nearby(place, unsaved, settings.context_ms / 1000, request.edits)
        prompt = place.prompt(self._sight.root.name, passages)
        try:
            filled = place.fill(completer, prompt, place.sampling(settings), cancelled, owner=self._owner)
        except concurrent.futures.CancelledError:
            raise CancelledError from None
        return InlineText(filled.text, filled.replaced) if filled.text else None

    def generate(
        self,
        request: GenerationRequest,
        unsaved: Unsaved,
        on_text: Callable[[str], None],
        cancelled: Cancelled,
        *,
        dry_run: bool = False,
    ) -> Generated:
        """Do what a person asks."""
        self._model.completer().start()  # loads while the workspace is searched
        try:
            if request.answer == "middle":
                return self._middle(request, unsaved, on_text, cancelled, dry_run=dry_run)
            grounded = self._grounded(request, unsaved, cancelled)
            prompt, sampling = _instruction(request, grounded), self._sampling(request)
            sources = [
                Source(each.passage.path, each.passage.first_line, each.last_line) for each in grounded
            ]
            if dry_run:
                return _previewed(self._model.completer(), prompt, sampling, sources)
            return _written(self._model.completer(), prompt, sampling, sources, on_text, cancelled)
        except concurrent.futures.CancelledError:
            raise CancelledError from None

    def _middle(
        self,
        request: GenerationRequest,
        unsaved: Unsaved,
        on_text: Callable[[str], None],
        cancelled: Cancelled,
        *,
        dry_run: bool,
    ) -> Generated:
        completer, settings = self._model.completer(), self._settings()
        place = Place.of(request.path, request.language, request.text, request.start)
        passages = self._nearby(place, unsaved, _PATIENT_SECONDS if request.use_context else 0.0)
        prompt = place.prompt(self._sight.root.name, passages)
        settings = replace(settings, max_tokens=request.max_tokens or settings.max_tokens)
        sources = list(map(_source_of, passages))
        if dry_run:
            return _previewed(completer, prompt, place.sampling(settings), sources)
        filled = place.fill(completer, prompt, place.sampling(settings), cancelled)
        on_text(filled.text)
        found = filled.completion
        used = _used(sources, found.usage.passages)
        return Generated(filled.text, found.finish_reason, completer.identity, used, found.usage)

    def _sampling(self, request: GenerationRequest) -> Sampling:
        settings = self._model.settings
        return Sampling(request.max_tokens or settings.max_tokens, settings.temperature)

    def _nearby(
        self, place: Place, unsaved: Unsaved, seconds: float, edits: Sequence[RecentEdit] = ()
    ) -> tuple[ContextPassage, ...]:
        """What a completion should know, as far as it is found in so many seconds."""
        if not seconds:
            return ()
        box = TimeBox(seconds)
        edited = tuple(
            ContextPassage(edit.path, edit.first_line, edit.text)
            for edit in edits
            if self._sight.is_selected(edit.path)
        )
        query = CompletionQuery(place.path, place.text, place.offset, place.language, edited)
        try:
            with self._sight.glance(_elsewhere(unsaved, place)) as snapshot:
                if snapshot is None:
                    return edited
                found = self._grounding.passages(snapshot, query, self._sight.reader(unsaved), box)
        except CodeassistdError:  # the index is out of order, which its own requests tell
            return edited
        return tuple(each.passage for each in found)

    def _grounded(
        self, request: GenerationRequest, unsaved: Unsaved, cancelled: Cancelled
    ) -> tuple[GroundedPassage, ...]:
        if not request.use_context:
            return ()
        query = InstructionQuery(
            request.instruction, request.path, request.text, request.start, request.end, request.language
        )
        reader = self._sight.reader(unsaved)
        try:
            with self._sight.view(unsaved, cancelled) as view:
                return instruction_context(view, query, reader, self._sight.embedder(), cancelled)
        except CodeassistdError:
            if not request.path:
                raise
            return ()  # what is asked about is there, if nothing else


def _elsewhere(unsaved: Unsaved, place: Place) -> Unsaved:
    """The other documents: this one is in the prompt anyway, and would be chunked anew with each key."""
    return {path: text for path, text in unsaved.items() if path != place.path}


def _instruction(request: GenerationRequest, grounded: Sequence[GroundedPassage]) -> Instruction:
    return Instruction(
        request.instruction,
        "code" if request.answer == "code" else "prose",
        request.path,
        language_of(request.language, request.path, request.text) if request.path else "",
        request.text[: request.start],
        request.text[request.start : request.end],
        request.text[request.end :],
        tuple(each.passage for each in grounded),
    )


def _previewed(
    completer: SharedCompleter, prompt: Prompt, sampling: Sampling, sources: Sequence[Source]
) -> Generated:
    shown = completer.render(prompt, sampling)
    usage = Usage(prompt_tokens=shown.tokens, passages=shown.passages, is_trimmed=shown.is_trimmed)
    used = _used(sources, shown.passages)
    return Generated("", "dry run", completer.identity, used, usage, shown.text)


def _written(
    completer: SharedCompleter,
    prompt: Prompt,
    sampling: Sampling,
    sources: Sequence[Source],
    on_text: Callable[[str], None],
    cancelled: Cancelled,
) -> Generated:
    found = completer.complete(prompt, sampling, on_text, cancelled)
    used = _used(sources, found.usage.passages)
    return Generated(found.text, found.finish_reason, completer.identity, used, found.usage)


def _used(sources: Sequence[Source], positions: Sequence[int]) -> tuple[Source, ...]:
    return tuple(sources[at] for at in sorted(positions) if at < len(sources))


def _source_of(passage: ContextPassage) -> Source:
    lines = passage.text.rstrip("\n").count("\n")
    return Source(passage.path, passage.first_line, passage.first_line + lines)
