"""What the language server asks of the daemon when text is to be written: completions and instructions.

Every method blocks and may be called from any thread, as those of `service`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..models.completion import CompleterIdentity, FinishReason, Usage
    from .service import Cancelled, Unsaved


@dataclass(frozen=True, slots=True)
class RecentEdit:
    """Lines that were changed a short while ago, as they read now.

    Attributes:
        path: POSIX path relative to the workspace.
        first_line: 1-based.
        text: Whole lines.
    """

    path: str
    first_line: int
    text: str


@dataclass(frozen=True, slots=True)
class InlineRequest:
    """A place where something is being typed.

    Attributes:
        path: POSIX path of the document relative to the workspace.
        language: Its language as the editor names it.
        text: The document as it is on screen.
        offset: The cursor, in characters (code points) from the beginning of `text`.
        edits: What else was edited lately, newest first.
        is_asked_for: Whether the person asked for a completion, instead of just typing.
    """

    path: str
    language: str
    text: str
    offset: int
    edits: tuple[RecentEdit, ...] = ()
    is_asked_for: bool = False


@dataclass(frozen=True, slots=True)
class InlineText:
    """A completion that is worth showing.

    Attributes:
        text: What comes at the cursor.
        replaced: How many characters after the cursor, on its line, `text` takes the place of: closing
            brackets that the editor put there, for instance.
    """

    text: str
    replaced: int = 0


@dataclass(frozen=True, slots=True)
class InlineSettings:
    """When completions are made.

    Attributes:
        is_on: Whether there is a model, and the user wants completions.
        debounce_seconds: How long nothing is typed before a completion is made.
        languages_off: Languages without completions, as editors name them.
        max_document_bytes: No completions in larger documents.
    """

    is_on: bool = False
    debounce_seconds: float = 0.06
    languages_off: frozenset[str] = frozenset()
    max_document_bytes: int = 1_000_000


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """What a person asks to be written.

    Attributes:
        instruction: In words; "" for the answer "middle".
        answer: "code" for text that takes the place of the selection, and nothing else; "prose" for Markdown;
            "middle" for what belongs at the beginning of the selection, as a completion is, though longer.
        path: POSIX path of the document relative to the workspace; "" when it is about no document.
        language: The document's language as the editor names it; "" to tell it by the path.
        text: The document as it is on screen.
        start: Beginning of the selection in characters from the beginning of `text`.
        end: Its end, exclusive.
        use_context: Whether passages of the workspace are looked up.
        max_tokens: Most tokens that are written; None as the settings say.
    """

    instruction: str
    answer: Literal["code", "prose", "middle"] = "prose"
    path: str = ""
    language: str = ""
    text: str = ""
    start: int = 0
    end: int = 0
    use_context: bool = True
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A passage of the workspace that the model was given.

    Attributes:
        path: POSIX path relative to the workspace.
        start_line: 1-based.
        end_line: Inclusive.
    """

    path: str
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Generated:
    """What was written.

    Attributes:
        text: All of it. For the answer "code", the replacement of the selection, without fences.
        finish_reason: Why it ended; "dry run" when nothing was written.
        model: Which model wrote, and where.
        sources: What it was given of the workspace, most useful first.
        usage: What it took.
        prompt: The prompt as the model gets it, for a dry run; else "".
    """

    text: str
    finish_reason: FinishReason | Literal["dry run"]
    model: CompleterIdentity
    sources: tuple[Source, ...]
    usage: Usage
    prompt: str = field(default="")


class Generation(Protocol):
    """Writing, for one workspace that a session has open."""

    @property
    def inline_settings(self) -> InlineSettings:
        """When completions are made. Quick."""

    @property
    def takes_instructions(self) -> bool:
        """Whether there is a model that does what a person asks. Quick."""

    def prepare(self, request: InlineRequest, unsaved: Unsaved) -> None:
        """Begin to look for what a completion should know, which is asked for in a moment. Quick."""

    def inline(self, request: InlineRequest, unsaved: Unsaved, cancelled: Cancelled) -> InlineText | None:
        """Complete what is being typed; None when there is nothing worth showing.

        Raises:
            CodeassistdError: There is no model, or it failed.
            CancelledError: The one who asked has given up.
        """

    def generate(
        self,
        request: GenerationRequest,
        unsaved: Unsaved,
        on_text: Callable[[str], None],
        cancelled: Cancelled,
        *,
        dry_run: bool = False,
    ) -> Generated:
        """Do what a person asks.

        Args:
            request: What.
            unsaved: The session's open documents.
            on_text: Gets each further piece of the text, from the thread that calls.
            cancelled: Polled.
            dry_run: Show the prompt, and write nothing.

        Raises:
            CodeassistdError: There is no model, or it failed.
            CancelledError: The one who asked has given up.
        """
