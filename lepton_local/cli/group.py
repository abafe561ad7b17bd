"""How a command ends: an error, Ctrl-C or a closed pipe is one line and an exit status.

0    found, or done
1    nothing found, or no answer
2    an error; for build and update also: done, but some files were skipped
130  stopped with Ctrl-C; 143 by SIGTERM, 129 by SIGHUP
141  whoever read the output has gone (`… | head`)
"""

from __future__ import annotations

import contextlib
import importlib
import os
import shlex
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from lepton_local.cli.place import Placed
from lepton_local.cli.screen import clean, prose
from lepton_local.cli.secrets import asking
from lepton_local.cli.settings import defaults, settings
from lepton_local.cli.stop import status_of, stoppable
from lepton_local.errors import LeptonError

NOTHING = 1
FAILED = 2
PIPE_CLOSED = 141


class Group(click.Group):
    """A click group whose commands never end in a traceback that a person's mistake caused. What
    stands in the settings is the default of their options, and an INDEX may be left out.

    Its context's `meta` hold "typed", the command line, and "stopped", what is said after Ctrl-C: a
    command that leaves something else than an index puts its own words there.
    """

    command_class = Placed

    def __init__(
        self, *args: Any, later: Mapping[str, Sequence[str]] | None = None, **kwargs: Any
    ) -> None:
        """later: modules beside this one, each with the commands that it adds when one of them is
        asked for; a question is not to wait for the others.
        """
        super().__init__(*args, **kwargs)
        self._later = {name: module for module, names in (later or {}).items() for name in names}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they are needed."""
        for name in self._later:
            self.get_command(ctx, name)
        return list(self.commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, or None."""
        if cmd_name in self._later and cmd_name not in self.commands:
            importlib.import_module(f"{__package__}.{self._later[cmd_name]}").register(self)
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that was typed, whose options have the settings as their defaults."""
        name, command, rest = super().resolve_command(ctx, args)
        if name and command and not ctx.resilient_parsing:
            ctx.default_map = {name: defaults(command, settings())}
        return name, command, rest

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Note what was typed, to say after Ctrl-C how to go on, and whether colour is wanted."""
        typed = shlex.join([info_name or "", *args])
        if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            extra["color"] = False
        context = super().make_context(info_name, args, parent, **extra)
        context.meta["typed"] = typed
        context.meta["stopped"] = f"every index is whole, as it was. To go on: {typed}"
        return context

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was named; see the top of this file for how it may end."""
        try:
            with stoppable(), asking():
                return super().invoke(ctx)
        except BrokenPipeError:
            # Python flushes stdout once more as it ends, which must not fail again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise click.exceptions.Exit(PIPE_CLOSED) from None
        except click.ClickException as error:  # it may show what was typed, names of files too
            shown = "\n".join(map(clean, error.message.split("\n")))
            error.message = shown  # type: ignore[misc]
            raise
        except (LeptonError, OSError) as error:
            message, status = complaint(error), FAILED
        except KeyboardInterrupt as interrupt:
            message, status = prose(f"stopped; {ctx.meta['stopped']}"), status_of(interrupt)
        with contextlib.suppress(OSError):  # the terminal may have gone
            if status == 128 + signal.SIGINT and sys.stderr.isatty():
                click.echo(err=True)  # it has just shown ^C on this line
            click.echo(f"{ctx.info_name}: {message}", err=True)
        raise click.exceptions.Exit(status)


def complaint(error: LeptonError | OSError) -> str:
    """One line of what went wrong; of the machine's own errors (no space, no permission) too."""
    if isinstance(error, LeptonError):
        return prose(str(error))
    what = error.strerror or str(error)
    return prose(f"{error.filename}: {what[0].lower()}{what[1:]}" if error.filename else what)
