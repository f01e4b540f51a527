"""What click knows of the `revops` command."""

from __future__ import annotations

from collections.abc import Iterator

import click

from orchestration.cli import cli


def commands() -> dict[str, set[str]]:
    """Every command by its words after `revops` ("" for itself), with its options."""
    return dict(_walk("", cli))


def _walk(name: str, command: click.Command) -> Iterator[tuple[str, set[str]]]:
    context = click.Context(command)
    own = {opt for param in command.params if isinstance(param, click.Option) for opt in param.opts}
    yield name, own | {"--help", "-h"}
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            yield from _walk(f"{name} {child}".strip(), found)
