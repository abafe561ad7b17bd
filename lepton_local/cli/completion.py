"""`lepton-index completion`: what a shell needs to complete our commands, options and names."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from lepton_local.cli.group import Group

PROGRAMS = ("lepton-index", "lepton-search", "lepton-train")


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what makes a shell complete commands, options and names of indexes.

    \b
    bash: lepton-index completion bash >> ~/.bashrc
    zsh:  lepton-index completion zsh >> ~/.zshrc
    fish: lepton-index completion fish > ~/.config/fish/completions/lepton.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    for name in PROGRAMS:
        variable = f"_{name.replace('-', '_').upper()}_COMPLETE"
        made = kind(click.Group(), {}, name, variable)
        click.echo(made.source_template % made.source_vars())


def register(main: Group) -> None:
    """Add the command of this file."""
    main.add_command(completion)
