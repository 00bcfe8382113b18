"""The records of the methods that codeassistd adds to LSP; METHODS.md is generated from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from .decoding import Between, Doc

MAX_RESULTS = 1_000
MAX_TEXTS = 10_000
_MAX_NUMBER = 2**31 - 1

Number = Annotated[int, Between(0, _MAX_NUMBER)]
Mode = Literal["hybrid", "semantic", "keyword"]
WorkspaceName = Annotated[
    str | None,
    Doc("An open workspace folder, as a path or a file: URI; a place inside it will do. All when absent."),
]
ResultLimit = Annotated[int, Between(1, MAX_RESULTS), Doc("Most results that are wanted.")]
Languages = Annotated[
    tuple[str, ...], Between(0, 100), Doc("Only these languages, such as python; all when empty.")
]
Paths = Annotated[
    tuple[str, ...],
    Between(0, 100),
    Doc("Only paths that one of these globs matches, such as src/*.py; all when empty."),
]
Kinds = Annotated[
    tuple[str, ...], Between(0, 100), Doc("Only these kinds, such as function; all when empty.")
]


@dataclass(frozen=True, slots=True)
class Position:
    """A position of LSP."""

    line: Annotated[Number, Doc("0-based.")]
    character: Annotated[Number, Doc("In code units of the position encoding that was agreed on.")]


@dataclass(frozen=True, slots=True)
class Range:
    """A range of LSP; its end is exclusive."""

    start: Position
    end: Position


@dataclass(frozen=True, slots=True)
class TextDocumentIdentifier:
    """A document of LSP."""

    uri: str


@dataclass(frozen=True, slots=True)
class SearchParams:
    """What to search for, and where."""

    query: Annotated[str, Doc("A question, words or a symbol; quotes and operators are plain text.")]
    limit: Annotated[
        int | None,
        Between(1, MAX_RESULTS),
        Doc("Most results that are wanted; as search.limit says when absent."),
    ] = None
    workspace: WorkspaceName = None
    languages: Languages = ()
    paths: Paths = ()
    kinds: Kinds = ()
    mode: Annotated[
        Mode | None,
        Doc("Which signals may find a result: meaning, words, or both; as search.mode says when absent."),
    ] = None
    rerank: Annotated[
        bool | None,
        Doc("Whether the reranking model looks at the best results again; as the settings say when absent."),
    ] = None
    partial_result_token: Annotated[
        int | str | None, Doc("Results then come in $/progress, and the answer's own `results` is empty.")
    ] = None


@dataclass(frozen=True, slots=True)
class SimilarParams:
    """The lines to find the like of."""

    text_document: Annotated[TextDocumentIdentifier, Doc("A file of an open workspace folder.")]
    range: Annotated[Range, Doc("Whole lines are taken; a blank line stands for the nearest code.")]
    limit: ResultLimit = 10
    languages: Languages = ()
    paths: Paths = ()
    kinds: Kinds = ()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Lines of one file that answer a search."""

    uri: Annotated[str, Doc("As the client calls the document if it is open.")]
    range: Annotated[Range, Doc("Whole lines: it ends where the line after the last begins.")]
    path: Annotated[str, Doc("POSIX path relative to the workspace folder.")]
    language: str
    symbol: Annotated[str, Doc("Path of the symbol, such as Class.method; empty when there is none.")]
    kind: Annotated[str, Doc("function, class, method, …")]
    score: Annotated[float, Doc("0 to 1; higher is better. Comparable within one list only.")]
    scores: Annotated[Mapping[str, float], Doc("The parts that the score is made of.")]
    snippet: Annotated[str, Doc("The lines.")]
    symbol_range: Annotated[
        Range | None,
        Doc(
            "Whole lines of the symbol's definition, as far as they are in `range`, which may begin with code"
            " before it. Editors jump here; to `range` when it is null: no symbol, or it begins elsewhere."
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """What was found, best first."""

    revision: Annotated[int, Doc("Of the index that was searched; of several folders' the first's.")]
    took_ms: Annotated[float, Doc("Milliseconds from request to answer.")]
    mode: Annotated[Mode, Doc("What was carried out: keyword when there is no model.")]
    complete: Annotated[bool, Doc("Whether every file was indexed and embedded.")]
    has_every_file: Annotated[bool, Doc("Whether every file was indexed, by its words at least.")]
    chunks: Annotated[int, Doc("Chunks that were searched.")]
    embedded: Annotated[int, Doc("Those of them that have a vector.")]
    results: tuple[SearchResult, ...]


@dataclass(frozen=True, slots=True)
class SearchPartialResult:
    """The value of $/progress for a partialResultToken."""

    results: Annotated[tuple[SearchResult, ...], Doc("The next best.")]


@dataclass(frozen=True, slots=True)
class EmbedParams:
    """Texts to embed."""

    texts: Annotated[tuple[str, ...], Between(0, MAX_TEXTS)]
    kind: Annotated[Literal["query", "document"], Doc("Which of the model's prefixes the texts get.")]
    normalize: Annotated[bool, Doc("Vectors have length 1 either way.")] = True


@dataclass(frozen=True, slots=True)
class EmbedAnswer:
    """Vectors in the order of the texts."""

    model: str
    dimensions: int
    embeddings: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class RerankParams:
    """Passages to order by how well they answer a query."""

    query: str
    passages: Annotated[tuple[str, ...], Between(0, MAX_TEXTS)]
    top_k: Annotated[
        int | None, Between(1, MAX_TEXTS), Doc("Most results that are wanted; all when absent.")
    ] = None
    return_documents: Annotated[bool, Doc("Whether results have their `text`.")] = False


@dataclass(frozen=True, slots=True)
class RerankedPassage:
    """One passage."""

    index: Annotated[int, Doc("Its place among the passages that were given, from 0.")]
    score: Annotated[
        float,
        Doc(
            "0 to 1: the model's estimate of the chance that it answers; 0 for a blank one."
            " Comparable between requests to one model."
        ),
    ]
    text: Annotated[str | None, Doc("The passage, if that was asked for.")] = None


@dataclass(frozen=True, slots=True)
class RerankAnswer:
    """Passages, best first."""

    model: str
    results: tuple[RerankedPassage, ...]


@dataclass(frozen=True, slots=True)
class WaitForIndexParams:
    """What to wait for."""

    workspace: WorkspaceName = None
    vectors: Annotated[bool, Doc("Whether to wait for vectors too; words and names come first.")] = True


@dataclass(frozen=True, slots=True)
class WaitForIndexAnswer:
    """What can be searched now."""

    revision: Annotated[int, Doc("Of the index; of several folders' the first's.")]


@dataclass(frozen=True, slots=True)
class ReindexParams:
    """What to look at again."""

    workspace: WorkspaceName = None
    full: Annotated[bool, Doc("Whether every file is chunked anew.")] = False


@dataclass(frozen=True, slots=True)
class ReindexAnswer:
    """The work goes on in the background."""

    workspaces: Annotated[tuple[str, ...], Doc("Paths of the folders that are looked at.")]


@dataclass(frozen=True, slots=True)
class WorkspaceStatus:
    """How one workspace stands."""

    root: Annotated[str, Doc("Path of its folder.")]
    revision: Annotated[int, Doc("0 while there is no index.")]
    state: Literal["starting", "scanning", "indexing", "embedding", "ready", "paused", "failed"]
    files: int
    chunks: int
    pending: Annotated[int, Doc("Chunks without a vector.")]
    freshness: Annotated[
        float | None,
        Doc("Seconds since the index last agreed with the files: 0 while it does; null before it ever did."),
    ]
    watch: Annotated[str, Doc("How changes are noticed: native, poll or none.")]
    problem: Annotated[str, Doc("What is wrong, with a way out; empty when nothing is.")]


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """One model and how it runs."""

    name: str
    role: str
    state: Literal["unloaded", "loading", "loaded", "failed"]
    engine: str
    uses: Annotated[int, Doc("Requests made.")]
    idle_seconds: float | None
    texts: Annotated[int, Doc("Texts in the requests.")] = 0
    tokens: Annotated[int | None, Doc("Tokens read and written; null where they aren't counted.")] = None
    computing_seconds: Annotated[float, Doc("Time in which it computed; that of threads adds up.")] = 0.0
    errors: Annotated[int, Doc("Requests that it failed, and processes of it that were lost.")] = 0
    queued: Annotated[int, Doc("Requests without an answer yet.")] = 0
    memory: Annotated[int, Doc("Resident bytes of its process; 0 when there is none.")] = 0
    problem: Annotated[str, Doc("The last error; empty when all went well since.")] = ""


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """The daemon as a whole."""

    pid: int
    version: str
    uptime: Annotated[float, Doc("Seconds.")]
    sessions: Annotated[int, Doc("Connected editors and tools.")]
    workspaces: tuple[WorkspaceStatus, ...]
    models: tuple[ModelStatus, ...]
    memory: Annotated[int, Doc("Resident bytes of the daemon and its workers.")]
    errors: Annotated[tuple[str, ...], Doc("The last ones, newest first.")]


@dataclass(frozen=True, slots=True)
class IndexChanged:
    """There is a new revision of an index."""

    workspace: Annotated[str, Doc("Path of the folder; good as `workspace` of the requests.")]
    revision: int
