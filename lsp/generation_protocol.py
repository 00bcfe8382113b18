"""The records of the methods by which text is written; METHODS.md is generated from them too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from .decoding import Between, Doc
from .protocol import Number, Position, Range, WorkspaceName

MAX_INSTRUCTION = 20_000
MAX_TOKENS = 32_768

Json = Mapping[str, object]
Instruction = Annotated[str, Doc("What is wanted, in words.")]
MostTokens = Annotated[
    int | None, Between(1, MAX_TOKENS), Doc("Most tokens that are written; as the settings say when absent.")
]


@dataclass(frozen=True, slots=True)
class VersionedDocument:
    """A document of LSP."""

    uri: str
    version: Annotated[
        int | None,
        Between(-(2**31), 2**31 - 1),
        Doc("The version that the client means; the latest that the server has when absent."),
    ] = None


@dataclass(frozen=True, slots=True)
class SelectedCompletionInfo:
    """The selected item of the client's completion list."""

    range: Annotated[Range, Doc("What it takes the place of; on one line, and the position is in it.")]
    text: Annotated[str, Doc("Completions begin with it.")]


@dataclass(frozen=True, slots=True)
class InlineCompletionContext:
    """Why a completion is wanted."""

    trigger_kind: Annotated[
        int, Between(1, 2), Doc("1: the person asked for it; 2: the person just types.")
    ] = 2
    selected_completion_info: SelectedCompletionInfo | None = None


@dataclass(frozen=True, slots=True)
class InlineCompletionParams:
    """Where a completion is wanted: the params of textDocument/inlineCompletion."""

    text_document: Annotated[VersionedDocument, Doc("An open document.")]
    position: Position
    context: InlineCompletionContext = InlineCompletionContext()


@dataclass(frozen=True, slots=True)
class InlineCompletionItem:
    """A completion."""

    insert_text: Annotated[str, Doc("Plain text.")]
    range: Annotated[Range, Doc("What it takes the place of; on one line.")]


@dataclass(frozen=True, slots=True)
class InlineCompletionAnswer:
    """What may come at the cursor: the InlineCompletionList of LSP."""

    items: Annotated[
        tuple[InlineCompletionItem, ...],
        Doc(
            "Empty when nothing is worth showing, when there is no model, when the document has changed or a"
            " later request has come meanwhile."
        ),
    ]


@dataclass(frozen=True, slots=True)
class GenerateParams:
    """What is to be written, about what."""

    instruction: Annotated[str, Doc("What is wanted, in words; empty for the answer middle.")]
    text_document: Annotated[
        VersionedDocument | None,
        Doc("What it is about: an open document as it is on screen, or a file of an open folder."),
    ] = None
    range: Annotated[Range | None, Doc("Which part of it; all when absent.")] = None
    context: Annotated[bool, Doc("Whether passages of the workspace are looked up for it.")] = True
    max_tokens: MostTokens = None
    dry_run: Annotated[bool, Doc("Whether only to show the prompt, and where it would be sent.")] = False
    answer: Annotated[
        Literal["code", "prose", "middle"],
        Doc(
            "code: what takes the place of the range, without fences. prose: Markdown. middle: what belongs"
            " where the range begins, as a completion is."
        ),
    ] = "prose"
    workspace: WorkspaceName = None
    partial_result_token: Annotated[
        int | str | None, Doc("The text then comes in $/progress, and the answer's own `text` is empty.")
    ] = None


@dataclass(frozen=True, slots=True)
class GenerateSource:
    """Lines of the workspace that the model was given."""

    uri: Annotated[str, Doc("As the client calls the document if it is open.")]
    range: Annotated[Range, Doc("Whole lines: it ends where the line after the last begins.")]


@dataclass(frozen=True, slots=True)
class GenerateUsage:
    """What it took."""

    prompt_tokens: Number
    cached_tokens: Annotated[Number, Doc("Tokens of the prompt that the model still knew.")]
    completion_tokens: Number
    prompt_ms: Annotated[float, Doc("Milliseconds to read the prompt.")]
    completion_ms: Annotated[float, Doc("Milliseconds to write.")]
    is_trimmed: Annotated[bool, Doc("Whether part of the document had no room in the prompt.")]


@dataclass(frozen=True, slots=True)
class GenerateAnswer:
    """What was written."""

    text: Annotated[str, Doc("Empty when it was sent in parts.")]
    finish_reason: Annotated[
        Literal["stop", "length", "dryRun"],
        Doc("stop: it is done. length: it had no more tokens. dryRun: nothing was to be written."),
    ]
    sources: Annotated[tuple[GenerateSource, ...], Doc("Most useful first.")]
    usage: GenerateUsage
    model: str
    endpoint: Annotated[
        str | None, Doc("Host of the server that wrote; absent when it was this machine.")
    ] = None
    prompt: Annotated[str | None, Doc("As the model gets it, for a dry run.")] = None


@dataclass(frozen=True, slots=True)
class GeneratePartialResult:
    """The value of $/progress for a partialResultToken."""

    text: Annotated[str, Doc("What comes next.")]


@dataclass(frozen=True, slots=True)
class RewriteParams:
    """Lines to rewrite."""

    instruction: Instruction
    text_document: Annotated[VersionedDocument, Doc("An open document.")]
    range: Annotated[Range, Doc("Whole lines are rewritten; with an empty range, code is written there.")]
    apply: Annotated[
        bool,
        Doc("Whether the server has the client apply the edit, if the client can (workspace/applyEdit)."),
    ] = True


@dataclass(frozen=True, slots=True)
class ActionParams:
    """A code action of this server: its `data`, as it was listed."""

    action: Annotated[str, Doc("Which.")]
    uri: str
    version: Annotated[int, Between(-(2**31), 2**31 - 1), Doc("Of the document when it was listed.")]
    first_line: Annotated[Number, Doc("First line that it is about, 0-based.")]
    last_line: Annotated[Number, Doc("Where they end, exclusive.")]
    name: Annotated[str, Doc("Of the definition, if it is about one.")] = ""
    detail: Annotated[str, Doc("The message of the diagnostic, if it is about one.")] = ""


@dataclass(frozen=True, slots=True)
class EditAnswer:
    """An edit."""

    edit: Annotated[Json, Doc("A WorkspaceEdit, of the version of the document that it was made for.")]
    applied: Annotated[bool, Doc("Whether the client has applied it, having been asked to.")]


@dataclass(frozen=True, slots=True)
class ExplainParams:
    """What to explain."""

    text_document: Annotated[VersionedDocument, Doc("An open document, or a file of an open folder.")]
    range: Annotated[Range | None, Doc("Which part of it; all when absent.")] = None
    show: Annotated[
        bool, Doc("Whether the server has the client show it (window/showDocument), if the client can.")
    ] = True


@dataclass(frozen=True, slots=True)
class ExplainAnswer:
    """An explanation."""

    text: Annotated[str, Doc("Markdown.")]
    shown: Annotated[bool, Doc("Whether the client has shown it, having been asked to.")]
