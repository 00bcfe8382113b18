"""`codeassistd models pull`: fetches a model from a hub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from ...models.errors import UsageError
from ..model_files import hub_client, model_inventory, model_store
from ..settings_loading import data_dir, load_settings
from .interrupts import Stopped
from .models_documents import pull_document
from .options import ExampleCommand, SharedOptions, shared, shared_options
from .progress import show_progress
from .session import configure_logging
from .sizes import byte_count
from .streams import Streams, open_streams

if TYPE_CHECKING:
    from ...models.hub.published import PublishedModel
    from ...models.hub.pull import PullPlan, PullProgress, PullRequest
    from ...models.hub.store import InstalledModel
    from .progress import Progress

_SHORT_REVISION = 12


@dataclass(frozen=True, slots=True)
class TransferProgress:
    """A report in the form that progress is shown in."""

    phase: str
    done: int
    total: int | None
    detail: str
    unit: str = "bytes"


@click.command(
    "pull",
    cls=ExampleCommand,
    examples=(
        ("codeassistd models pull CodeRankEmbed", "a model of `models list`"),
        ("codeassistd models pull BAAI/bge-small-en-v1.5", "any repository of the hub"),
        ("codeassistd models pull Qwen/Qwen2.5-Coder-3B-Instruct-GGUF --file '*q4_k_m.gguf'", ""),
        ("HF_ENDPOINT=https://hub.example codeassistd models pull CodeRankEmbed", "from a mirror"),
    ),
)
@click.argument("name", metavar="NAME|OWNER/REPOSITORY")
@click.option("--revision", metavar="R", help="A branch, tag or commit of the repository. Default: main.")
@click.option(
    "--file",
    "patterns",
    multiple=True,
    metavar="GLOB",
    help="Which weights, where a repository has several variants. May be repeated.",
)
@click.option("--force", is_flag=True, help="Look for a newer revision, and mend what is damaged.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document to standard output.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no remarks.")
@shared_options
@click.pass_context
def pull(
    context: click.Context,
    *,
    name: str,
    revision: str | None,
    patterns: tuple[str, ...],
    force: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Fetch a model from a hub, check it and install it.

    Only safetensors, GGUF, JSON and text files are fetched, never code or pickles. Ctrl-C keeps what was
    received; the same command goes on from there. The hub is huggingface.co, or the setting hub.endpoint,
    or HF_ENDPOINT. HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE, HF_TOKEN and HF_HUB_OFFLINE are heeded.
    """
    options = shared(context)
    configure_logging(options)
    streams = open_streams(options.color, quiet=quiet)
    request, published = _request(name, revision, patterns)
    if _is_built_in(request.name):
        streams.remark("there is nothing to pull: the model comes with codeassistd")
        if as_json:
            streams.document({"name": request.name, "state": "built-in", "usable": True})
        return 0
    model = None if force or patterns else _at_hand(request, revision)
    is_new = model is None
    if model is None:
        model = _pull(request, published, options, streams)
    is_usable = any(entry.is_usable for entry in model_inventory(data_dir()) if entry.name == request.name)
    if as_json:
        streams.document(pull_document(model, is_new=is_new, is_usable=is_usable))
    else:
        done = "installed" if is_new else "already installed:"
        size = byte_count(model.manifest.size)
        streams.result(f"{done} {request.name}, {size}, in {model.folder}")
    if not is_new:
        streams.remark("--force looks for a newer revision")
    if not is_usable:
        streams.remark(
            "nothing that is installed here can run this model: see `codeassistd models list --help`"
        )
    return 0


def _request(
    name: str, revision: str | None, patterns: tuple[str, ...]
) -> tuple[PullRequest, PublishedModel | None]:
    from ...models.hub.address import is_repository, is_revision
    from ...models.hub.published import resolve_published
    from ...models.hub.pull import PullRequest

    if revision is not None and not is_revision(revision):
        raise UsageError(f"{revision!r} is no branch, tag or commit", "leave --revision out for the newest")
    # Whoever names a repository and files wants just that, not our choice of its files.
    found = name.strip() if patterns and is_repository(name.strip()) else resolve_published(name)
    wanted = revision or "main"
    if isinstance(found, str):
        return PullRequest(found, found, wanted, patterns), None
    if patterns:
        raise UsageError(
            f"{found.name} has its own choice of files", f"for another: pull {found.repository} --file ..."
        )
    return PullRequest(found.name, found.repository, wanted, found.weights), found


def _is_built_in(name: str) -> bool:
    from ...models.catalog import DEFAULT_MODEL

    return name == DEFAULT_MODEL


def _at_hand(request: PullRequest, revision: str | None) -> InstalledModel | None:
    """The installed model, when it is what is asked for and none of its files is missing or cut short."""
    model = model_store(data_dir()).find(request.name)
    if model is None or revision not in {None, model.manifest.revision}:
        return None
    for file in model.manifest.files:
        path = model.folder / file.path
        if not path.is_file() or path.stat().st_size != file.size:
            return None
    return model


def _pull(
    request: PullRequest, published: PublishedModel | None, options: SharedOptions, streams: Streams
) -> InstalledModel:
    from ...models.hub.pull import PullObserver
    from ...models.hub.pull import pull as pull_model

    settings = load_settings(None, options.overrides)
    try:
        with hub_client(settings, streams.remark) as client, show_progress(streams) as show:
            observer = PullObserver(
                planned=lambda plan: _announce(plan, request, published, client.address.host, streams),
                progress=lambda progress: show(_shown(progress)),
            )
            return pull_model(request, client, model_store(data_dir()), observer)
    except Stopped:
        streams.remark("what was received is kept; the same command goes on from there")
        raise


def _announce(
    plan: PullPlan, request: PullRequest, published: PublishedModel | None, host: str, streams: Streams
) -> None:
    listing = plan.listing
    streams.remark(
        f"{request.name}: {host}/{listing.repository}, revision {listing.revision[:_SHORT_REVISION]}"
    )
    if not listing.licence:
        streams.warning(f"{listing.repository} declares no licence: you may not have the right to use it")
    else:
        streams.remark(f"licence: {listing.licence}")
    if published and listing.licence and published.licence.lower() != listing.licence.lower():
        streams.warning(f"the licence of {request.name} was {published.licence} when it was listed here")
    count = "1 file" if len(plan.files) == 1 else f"{len(plan.files)} files"
    kept = f", of which {byte_count(plan.at_hand)} are here already" if plan.at_hand else ""
    streams.remark(f"{count}, {byte_count(plan.size)}{kept}")


def _shown(progress: PullProgress) -> Progress:
    return TransferProgress(progress.phase, progress.done, progress.total, progress.file)
