from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pygls.io_ import run_async
from pygls.lsp.client import LanguageClient

from codeassistd.indexer.pipeline.report import Progress, UpdateReport
from codeassistd.indexer.search.request import SearchMode, SearchRequest, SearchResponse, SearchResult
from codeassistd.indexer.search.symbols import SymbolMatch
from codeassistd.lsp.frames import frame, read_frame
from codeassistd.lsp.generation_service import (
    Generated,
    GenerationRequest,
    InlineRequest,
    InlineSettings,
    InlineText,
    Source,
)
from codeassistd.lsp.server import serve_session
from codeassistd.lsp.service import (
    CancelledError,
    Embeddings,
    Listener,
    ModelSummary,
    Reranked,
    SearchDefaults,
    ServiceStatus,
    WorkspaceSummary,
)
from codeassistd.lsp.session import Timing
from codeassistd.models.completion import CompleterIdentity, FinishReason, Usage
from codeassistd.models.errors import CodeassistdError

PATIENCE = 10.0
QUICK = Timing(quiet_seconds=0.0, report_seconds=0.0, text_seconds=0.0)


class MemoryGeneration:
    """Writes what a test says, and remembers what it was asked."""

    def __init__(self, service: MemoryService) -> None:
        self.service = service
        self.inline_settings = InlineSettings(is_on=True, debounce_seconds=0.0)
        self.takes_instructions = True
        self.completion: Callable[[InlineRequest], InlineText | None] = lambda _: InlineText("done()")
        self.inline_requests: list[InlineRequest] = []
        self.requests: list[GenerationRequest] = []
        self.unsaved: Mapping[str, str] = {}
        self.pieces: list[str] = ["def ", "written():\n", "    pass\n"]
        self.finish_reason: FinishReason = "stop"
        self.error: Exception | None = None
        self.prepared: list[InlineRequest] = []
        self.running = 0
        self.most_running = 0
        self._lock = threading.Lock()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self.running += 1
            self.most_running = max(self.most_running, self.running)
        try:
            yield
        finally:
            with self._lock:
                self.running -= 1

    def prepare(self, request: InlineRequest, unsaved: Mapping[str, str]) -> None:
        self.prepared.append(request)

    def inline(
        self, request: InlineRequest, unsaved: Mapping[str, str], cancelled: Callable[[], bool]
    ) -> InlineText | None:
        with self._counted():
            self.inline_requests.append(request)
            self.service.stand_still(cancelled)
            if self.error:
                raise self.error
            return self.completion(request)

    def generate(
        self,
        request: GenerationRequest,
        unsaved: Mapping[str, str],
        on_text: Callable[[str], None],
        cancelled: Callable[[], bool],
        *,
        dry_run: bool = False,
    ) -> Generated:
        self.requests.append(request)
        self.unsaved = dict(unsaved)
        model = CompleterIdentity("tiny", "models.example")
        sources = (Source("a.py", 4, 5),)
        if dry_run:
            prompt = f"<{request.instruction}>"
            return Generated("", "dry run", model, sources, Usage(7), prompt)
        if self.error:
            raise self.error
        for piece in self.pieces:
            on_text(piece)
        self.service.stand_still(cancelled)
        usage = Usage(7, 3, 5, prompt_seconds=0.25, completion_seconds=0.5)
        return Generated("".join(self.pieces), self.finish_reason, model, sources, usage)


class MemoryWorkspace:
    """Finds lines that hold a query, in unsaved texts and then in files."""

    def __init__(self, root: Path, service: MemoryService) -> None:
        self.root = root
        self.service = service
        self.revision = 1
        self.reindexed: list[bool] = []
        self.search_defaults = SearchDefaults()
        self.generation = service.generation

    def search(
        self, request: SearchRequest, unsaved: Mapping[str, str], cancelled: Callable[[], bool]
    ) -> SearchResponse:
        request = request.checked(has_embedder=True)
        self.service.requests.append(request)
        self.service.stand_still(cancelled)
        texts = {path.name: path.read_text() for path in sorted(self.root.glob("*.*"))} | dict(unsaved)
        results = [
            SearchResult(path, number, number, "text", "function", "", 0.5, line, {"semantic": 0.5})
            for path, text in texts.items()
            for number, line in enumerate(text.split("\n"), 1)
            if request.query in line
        ]
        return SearchResponse(tuple(results[: request.limit]), self.revision, True, 3, 3, SearchMode.HYBRID)

    def similar(
        self,
        path: str,
        lines: tuple[int, int],
        limit: int,
        where: object,
        unsaved: Mapping[str, str],
        cancelled: Callable[[], bool],
    ) -> SearchResponse:
        result = SearchResult(path, *lines, "text", "function", "", 0.5, "", {})
        return SearchResponse((result,), self.revision, True, 3, 2, SearchMode.SEMANTIC)

    def symbols(
        self, query: str, limit: int, unsaved: Mapping[str, str], cancelled: Callable[[], bool]
    ) -> Sequence[SymbolMatch]:
        score = len(self.root.name) / 100
        return [SymbolMatch(query, "Outer", "method", "a.py", 3, 4, score)]

    def wait_until_current(self, cancelled: Callable[[], bool], *, vectors: bool = True) -> int:
        self.service.stand_still(cancelled)
        return self.revision

    def index(
        self, *, full: bool, progress: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> UpdateReport:
        progress(Progress("chunk", 1, 2))
        self.service.stand_still(cancelled)
        return UpdateReport(
            self.root, self.revision, "tiny", 3, 2 if full else 0, 0, 0, 0, {"too_large": 1}, (),
            3, 2, 1, 0, {"total": 0.5}, cancelled=False, rebuilt=""
        )  # fmt: skip

    def reindex(self, *, full: bool) -> None:
        self.reindexed.append(full)

    def summary(self) -> WorkspaceSummary:
        return WorkspaceSummary(self.root, self.revision, "ready", 1, 3, 0, 0.5, "native", "")


class MemoryService:
    """A service that keeps nothing but what it was asked."""

    def __init__(self) -> None:
        self.open: dict[Path, MemoryWorkspace] = {}
        self.listeners: dict[Path, Listener] = {}
        self.settings: list[dict[str, object]] = []
        self.requests: list[SearchRequest] = []
        self.refused: set[Path] = set()
        self.generation = MemoryGeneration(self)
        self.given_up = 0
        self.standing = threading.Semaphore(0)
        self.may_go = threading.Event()
        self.may_go.set()
        self.may_open = threading.Event()
        self.may_open.set()
        self.defect = False

    def stand_still(self, cancelled: Callable[[], bool]) -> None:
        if self.defect:
            raise ZeroDivisionError("secret source text")
        self.standing.release()
        while not self.may_go.wait(0.005):
            if cancelled():
                self.given_up += 1
                raise CancelledError

    def open_workspace(self, root: Path, listener: Listener) -> MemoryWorkspace:
        assert self.may_open.wait(PATIENCE)
        if root in self.refused:
            raise CodeassistdError(f"{root} is too large", "open a folder in it")
        self.listeners[root] = listener
        self.open[root] = MemoryWorkspace(root, self)
        return self.open[root]

    def close_workspace(self, root: Path, listener: Listener) -> None:
        del self.open[root], self.listeners[root]

    def configure(self, root: Path | None, settings: Mapping[str, object]) -> None:
        if "wrong.key" in settings:
            raise CodeassistdError("there is no setting wrong.key", "see `codeassistd config show`")
        self.settings.append(dict(settings))

    def embed(self, texts: Sequence[str], kind: str, cancelled: Callable[[], bool]) -> Embeddings:
        return Embeddings("tiny", np.full((len(texts), 4), 0.5, np.float32))

    def rerank(self, query: str, passages: Sequence[str], cancelled: Callable[[], bool]) -> Reranked:
        scores = [passage.count(query) / 10 for passage in passages]
        return Reranked("counting", np.array(scores, np.float32))

    def status(self) -> ServiceStatus:
        workspaces = tuple(workspace.summary() for workspace in list(self.open.values()))
        model = ModelSummary("tiny", "embedder", "loaded", "none", 1, None)
        return ServiceStatus(1, "0", 1.0, 1, workspaces, (model,), 100, ("one",))


class Editor:
    """pygls' client, which remembers what it was told."""

    def __init__(self) -> None:
        self.client = LanguageClient("test", "0")
        self.told: list[tuple[str, Any]] = []
        self.refuses: set[str] = set()
        self.answers: dict[str, Any] = {}
        self.client.protocol._handle_request = self._answer
        self.client.protocol._handle_notification = self._note

    def _note(self, method: str, params: Any) -> None:
        self.told.append((method, params))

    def _answer(self, msg_id: Any, method: str, params: Any) -> None:
        self.told.append((method, params))
        if method in self.refuses:
            from lsprotocol.types import ResponseError

            self.client.protocol._send_response(msg_id, error=ResponseError(code=-1, message="no"))
        else:
            self.client.protocol._send_response(msg_id, self.answers.get(method))

    async def request(self, method: str, params: Any = None, msg_id: Any = None) -> Any:
        async with asyncio.timeout(PATIENCE):
            return plain(await self.client.protocol.send_request_async(method, params, msg_id))

    def notify(self, method: str, params: Any = None) -> None:
        self.client.protocol.notify(method, params)

    async def start(self, *folders: Path, **more: Any) -> Any:
        from lsprotocol import types
        from pygls.protocol import default_converter

        raw = {
            "processId": None,
            "capabilities": {},
            "rootUri": None,
            "workspaceFolders": [{"uri": folder.as_uri(), "name": folder.name} for folder in folders],
        }
        params = default_converter().structure(raw | more, types.InitializeParams)
        result = await self.request("initialize", params)
        self.notify("initialized", types.InitializedParams())
        return result

    async def until(self, happened: Callable[[], Any]) -> Any:
        return await until(happened)

    def named(self, method: str) -> list[Any]:
        return [plain(params) for name, params in self.told if name == method]


async def until(happened: Callable[[], Any]) -> Any:
    """Wait until something has happened; gives what it is."""
    async with asyncio.timeout(PATIENCE):
        # What tests wait for happens in threads, which set no event.
        while not (found := happened()):  # noqa: ASYNC110
            await asyncio.sleep(0.002)
    return found


def plain(value: Any) -> Any:
    """pygls' named tuples as dictionaries."""
    if hasattr(value, "_asdict"):
        return {key: plain(each) for key, each in value._asdict().items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value


class RawClient:
    """Sends bytes, gets messages."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, *messages: Any) -> None:
        for message in messages:
            body = message if isinstance(message, bytes) else json.dumps(message).encode()
            self.writer.write(frame(body))

    async def receive(self) -> Any:
        async with asyncio.timeout(PATIENCE):
            body = await read_frame(self.reader)
        return None if body is None else json.loads(body)

    async def request(self, method: str, params: Any = None, id_: Any = 1) -> Any:
        self.send({"jsonrpc": "2.0", "id": id_, "method": method, "params": params})
        while (message := await self.receive()) is not None:
            if message.get("id") == id_ and "method" not in message:
                return message
        return None

    def tell(self, method: str, params: Any) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def open(self, path: Path, text: str, language: str = "python") -> str:
        item = {"uri": path.as_uri(), "languageId": language, "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": item})
        return path.as_uri()

    def change(self, uri: str, version: int, *changes: Any) -> None:
        document = {"uri": uri, "version": version}
        self.tell("textDocument/didChange", {"textDocument": document, "contentChanges": changes})

    async def serve(self, method: str, params: Any, answers: Mapping[str, Any], id_: Any = 1) -> Any:
        """Ask, and answer what the server asks meanwhile; gives the answer and all that came before it."""
        self.send({"jsonrpc": "2.0", "id": id_, "method": method, "params": params})
        before = []
        while (message := await self.receive()) is not None:
            if message.get("id") == id_ and "method" not in message:
                return message, before
            before.append(message)
            if "id" in message:
                answer = answers.get(message["method"])
                refused = {"error": {"code": -1, "message": "no"}}
                given = refused if answer == "refused" else {"result": answer}
                self.send({"jsonrpc": "2.0", "id": message["id"]} | given)
        raise AssertionError("the session has ended")

    async def start(self, *folders: Path, capabilities: Any = None) -> Any:
        named = [{"uri": folder.as_uri(), "name": folder.name} for folder in folders]
        params = {
            "processId": None,
            "capabilities": capabilities or {},
            "rootUri": None,
            "workspaceFolders": named,
        }
        return await self.request("initialize", params, id_="start")


class Daemon:
    """A real socket, and one session a connection."""

    def __init__(self, service: MemoryService, path: Path, **options: Any) -> None:
        self.service = service
        self.path = path
        self.options = {"timing": QUICK} | options
        self.sessions: list[asyncio.Task[None]] = []
        self.failures: list[BaseException] = []

    async def until(self, happened: Callable[[], Any]) -> Any:
        return await until(happened)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.sessions.append(task)
        try:
            await serve_session(self.service, reader, writer, **self.options)
        except BaseException as error:
            self.failures.append(error)
            raise

    @asynccontextmanager
    async def raw(self) -> AsyncIterator[RawClient]:
        reader, writer = await asyncio.open_unix_connection(self.path)
        try:
            yield RawClient(reader, writer)
        finally:
            writer.close()

    @asynccontextmanager
    async def editor(self) -> AsyncIterator[Editor]:
        reader, writer = await asyncio.open_unix_connection(self.path)
        editor = Editor()
        editor.client.protocol.set_writer(writer)
        reading = asyncio.create_task(
            run_async(threading.Event(), reader, editor.client.protocol)  # type: ignore[arg-type]
        )
        try:
            yield editor
        finally:
            writer.close()
            reading.cancel()


@pytest.fixture
def service() -> MemoryService:
    return MemoryService()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace folder with one file."""
    root = (tmp_path / "project").resolve()
    root.mkdir()
    (root / "a.py").write_text("def first():\n    pass\n\ndef second():\n    pass\n")
    return root


Daemons = Callable[..., AbstractAsyncContextManager[Daemon]]


@pytest.fixture
def daemon(service: MemoryService, tmp_path_factory: pytest.TempPathFactory) -> Daemons:
    """Starts a daemon; when its block ends, every session must have ended without an error."""

    @asynccontextmanager
    async def started(**options: Any) -> AsyncIterator[Daemon]:
        path = tmp_path_factory.mktemp("s") / "d"
        daemon = Daemon(service, path, **options)
        server = await asyncio.start_unix_server(daemon.serve, path)
        try:
            yield daemon
            service.may_go.set()
            service.may_open.set()
            await until(lambda: all(task.done() for task in daemon.sessions))
            assert daemon.failures == []
            assert service.open == {}
        finally:
            server.close()

    return started
