"""What a command starts from: its streams, its workspace, the settings in force."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from ...indexer.store.layout import IndexLayout
from ...indexer.workspace import Workspace, open_workspace, refuse_system_folder
from ..composition import Composition
from ..settings import Settings
from ..settings_loading import data_dir, load_settings
from ..settings_sources import ENVIRONMENT_PREFIX
from .options import SharedOptions
from .streams import Streams, open_streams

_OWN_SOURCES = ("--set ", ENVIRONMENT_PREFIX)


@dataclass(frozen=True, slots=True)
class Session:
    """One run of a command on a workspace.

    Attributes:
        streams: Where it writes.
        workspace: What it works on.
        composition: The objects that do the work.
        verbose: Whether to say more.
    """

    streams: Streams
    workspace: Workspace
    composition: Composition
    verbose: bool

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.composition.settings

    @property
    def has_own_settings(self) -> bool:
        """Whether some settings hold for this run only, so that the daemon doesn't know them."""
        return has_own_settings(self.settings)


def open_session(
    options: SharedOptions, *, path: Path | None = None, force: bool = False, quiet: bool = False
) -> Session:
    """Start a command.

    Args:
        options: The shared options.
        path: The workspace named by the command itself; None leaves it to the options.
        force: Whether any folder will do as a workspace.
        quiet: Whether remarks are left out.

    Returns:
        The session.

    Raises:
        CodeassistdError: The workspace or a setting is wrong.
    """
    configure_logging(options)
    streams = open_streams(options.color, quiet=quiet)
    workspace = open_workspace(path or options.workspace, force=True)
    data = data_dir()
    # Somebody who forced an index of such a folder once need not force every search of it.
    if not force and not IndexLayout.of(data, workspace.id).folder.is_dir():
        refuse_system_folder(workspace.root)
    composition = Composition(workspace, load_settings(workspace.root, options.overrides), data)
    return Session(streams, workspace, composition, options.verbose)


def has_own_settings(settings: Settings) -> bool:
    """Whether some settings hold for this run only, so that the daemon doesn't know them."""
    return any(source.startswith(_OWN_SOURCES) for source in settings.sources.values())


def configure_logging(options: SharedOptions) -> None:
    """Send logs to standard error, as much as the options ask for."""
    level = logging.DEBUG if options.debug else logging.INFO if options.verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")
