"""`codeassistd models bench`: how the embedding model runs on each engine that is installed here."""

from __future__ import annotations

import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...models.errors import CodeassistdError, UsageError
from ..composition import engine_embedders
from ..settings_loading import data_dir, load_settings
from .options import ExampleCommand, shared, shared_options
from .progress import show_progress
from .session import configure_logging
from .sizes import byte_count
from .streams import Streams, open_streams

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ...models.benchmark import Likeness, Measurement
    from ...models.worker.embedder import WorkerEmbedder

_SAMPLE_TEXTS = 500
_TEXTS_A_FILE = 5
_LEAST_CHARACTERS = 80
_MOST_FILE_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class EngineResult:
    """What one engine did.

    Attributes:
        engine: Its name.
        detail: How the model runs on it, in words; of one that failed, why.
        measured: The figures; None when it failed.
        memory_bytes: Resident memory of its process at the end.
        likeness: To the vectors of the first engine; None for that one, and one that failed.
    """

    engine: str
    detail: str
    measured: Measurement | None = None
    memory_bytes: int = 0
    likeness: Likeness | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    """A report in the form that progress is shown in."""

    done: int
    total: int
    detail: str
    phase: str = "measure"
    unit: str = "engines"


@click.command(
    "bench",
    cls=ExampleCommand,
    examples=(
        ("codeassistd models bench", ""),
        ("codeassistd models bench --texts functions.txt --seconds 20", "on texts of your own"),
        ("codeassistd models bench --set model.name=~/models/bge-small", "another model"),
    ),
)
@click.option(
    "--texts",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What to embed, a text a line. Default: code of Python's standard library.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 600),
    default=6.0,
    show_default=True,
    metavar="S",
    help="About how long to measure each engine, loading not counted.",
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document to standard output.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no remarks.")
@shared_options
@click.pass_context
def bench(context: click.Context, *, path: Path | None, seconds: float, as_json: bool, quiet: bool) -> int:
    """Measure the embedding model on each engine that is installed here.

    Each runs in a process of its own, one after the other. "First vector" counts from nothing, the start of
    the process included. "Least cosine" and "same top 10" compare an engine's vectors, and the ten nearest
    neighbours that they give a text, with those of torch in float32.
    """
    options = shared(context)
    configure_logging(options)
    streams = open_streams(options.color, quiet=quiet)
    settings = load_settings(None, options.overrides)
    texts = _sample() if path is None else _lines(path)
    embedders = engine_embedders(settings, data_dir())
    results = _measured(embedders, texts, seconds, streams)
    model = next(iter(embedders.values())).identity.id
    if as_json:
        streams.document({"model": model, "engines": [_document(result) for result in results]})
    else:
        for line in _table(results):
            streams.result(line)
        streams.remark(f"{model}, {len(texts):,} texts; model.engine chooses an engine")
    return 0 if any(result.measured for result in results) else 1


def _measured(
    embedders: Mapping[str, WorkerEmbedder], texts: list[str], seconds: float, streams: Streams
) -> list[EngineResult]:
    results: list[EngineResult] = []
    reference: NDArray[np.float32] | None = None
    with show_progress(streams) as show:
        for done, (name, embedder) in enumerate(embedders.items()):
            show(_Step(done, len(embedders), name))
            result = _measured_one(name, embedder, texts, seconds, reference)
            results.append(result)
            if reference is None and result.measured is not None:
                reference = result.measured.vectors
    return results


def _measured_one(
    name: str,
    embedder: WorkerEmbedder,
    texts: list[str],
    seconds: float,
    reference: NDArray[np.float32] | None,
) -> EngineResult:
    from ...models.benchmark import compare, measure

    try:
        measured = measure(embedder, embedder.bulk, texts, seconds)
        usage = embedder.usage()
    except CodeassistdError as error:
        return EngineResult(name, error.message)
    finally:
        embedder.close()
    likeness = None if reference is None else compare(measured.vectors, reference)
    detail = usage.engine.partition(": ")[0]
    return EngineResult(name, detail, measured, usage.rss_bytes, likeness)


def _table(results: list[EngineResult]) -> Iterator[str]:
    head = ("", "first vector", "texts/s", "query p50", "p99", "memory", "least cosine", "same top 10")
    rows = [head, *(_row(result) for result in results if result.measured)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    for row in rows if len(rows) > 1 else ():
        first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join([row[0].ljust(len(first)), *others]).rstrip()
    for result in results:
        if result.measured is None:
            yield f"{result.engine} failed: {result.detail}"


def _row(result: EngineResult) -> tuple[str, ...]:
    found, likeness = result.measured, result.likeness
    if found is None:
        return (result.engine,)
    return (
        result.detail or result.engine,
        f"{found.first_seconds:.2f} s",
        f"{found.texts_per_second:,.1f}",
        f"{found.query_p50_ms:.1f} ms",
        f"{found.query_p99_ms:.1f} ms",
        byte_count(result.memory_bytes),
        "reference" if likeness is None else f"{likeness.cosine_min:.5f}",
        "-" if likeness is None or likeness.overlap is None else f"{likeness.overlap:.1%}",
    )


def _document(result: EngineResult) -> dict[str, object]:
    """One engine of `models bench --json`; null where nothing was measured."""
    found, likeness = result.measured, result.likeness
    return {
        "engine": result.engine,
        "detail": result.detail,
        "ok": found is not None,
        "first_vector_seconds": found and round(found.first_seconds, 3),
        "texts_per_second": found and round(found.texts_per_second, 2),
        "query_p50_ms": found and round(found.query_p50_ms, 3),
        "query_p99_ms": found and round(found.query_p99_ms, 3),
        "queries": found and found.queries,
        "memory_bytes": result.memory_bytes,
        "compared_texts": likeness and likeness.texts,
        "cosine_mean": likeness and round(likeness.cosine_mean, 6),
        "cosine_min": likeness and round(likeness.cosine_min, 6),
        "top10_overlap": likeness and likeness.overlap,
    }


def _lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_FILE_BYTES)
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror}", "give a text file") from error
    texts = [line for line in content.decode("utf-8", "replace").splitlines() if line.strip()]
    if not texts:
        raise UsageError(f"{path} holds no text", "put a text on each line")
    return texts


def _sample() -> list[str]:
    """Code that every machine has: chunks of modules of the standard library, a few of each."""
    from ...indexer.chunk import chunk_text

    def chunks() -> Iterator[str]:
        for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
            text = path.read_text(encoding="utf-8", errors="replace")
            found = (chunk.text for chunk in chunk_text(text, path.name))
            yield from islice((text for text in found if len(text) >= _LEAST_CHARACTERS), _TEXTS_A_FILE)

    texts = list(islice(chunks(), _SAMPLE_TEXTS))
    if not texts:
        raise CodeassistdError("this Python has no source of its library", "give texts with --texts FILE")
    return texts
