"""Options that every command takes, before or after its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from .streams import ColorChoice

_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(slots=True)
class SharedOptions:
    """What the options shared by all commands say.

    Attributes:
        workspace: The folder to work on; None finds it.
        color: When to colour.
        verbose: Whether to explain more.
        debug: Whether an unexpected error shows its traceback.
        overrides: KEY=VALUE settings.
    """

    workspace: Path | None = None
    color: ColorChoice = "auto"
    verbose: bool = False
    debug: bool = False
    overrides: list[str] = field(default_factory=list)


class ExampleCommand(click.Command):
    """A command whose help ends with examples.

    Args:
        examples: Command lines, each with what it does, or "".
        arguments: As click.Command takes them.
    """

    def __init__(self, *args: Any, examples: Sequence[tuple[str, str]] = (), **arguments: Any) -> None:
        super().__init__(*args, **arguments)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, then the epilog."""
        write_examples(self.examples, formatter)
        super().format_epilog(ctx, formatter)


def write_examples(examples: Sequence[tuple[str, str]], formatter: click.HelpFormatter) -> None:
    """Write a section of examples; they are never wrapped, so that they can be copied."""
    width = max((len(line) for line, what in examples if what), default=0)
    with formatter.section("Examples"):
        for line, what in examples:
            formatter.write(f"{'':{formatter.current_indent}}{line:<{width}}  {what}".rstrip() + "\n")


def shared_options(command: _Command) -> _Command:
    """Add the shared options to a command or the group."""
    for option in reversed(_SHARED):
        command = option(command)
    return command


def shared(context: click.Context) -> SharedOptions:
    """The shared options of this run."""
    return context.find_root().ensure_object(SharedOptions)


def _remember(context: click.Context, parameter: click.Parameter, value: object) -> None:
    """Keep a value that was given; the option stands both on the group and on its commands."""
    options = shared(context)
    if parameter.name == "overrides":
        options.overrides.extend(cast("tuple[str, ...]", value))
    elif value not in {None, False}:
        setattr(options, str(parameter.name), value)


_SHARED: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--workspace",
        type=click.Path(path_type=Path),
        metavar="PATH",
        expose_value=False,
        callback=_remember,
        help="Folder to work on. Default: the nearest parent with .git or codeassistd.toml.",
    ),
    click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        expose_value=False,
        callback=_remember,
        help="Override a setting for this run (see `codeassistd config show`). May be repeated.",
    ),
    click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        expose_value=False,
        callback=_remember,
        help="When to colour output. Default: auto, only on a terminal.",
    ),
    click.option(
        "-v",
        "--verbose",
        is_flag=True,
        expose_value=False,
        callback=_remember,
        help="Say more about what is done, on standard error.",
    ),
    click.option(
        "--debug",
        is_flag=True,
        expose_value=False,
        callback=_remember,
        help="Show the traceback of an unexpected error, and debugging logs.",
    ),
)
