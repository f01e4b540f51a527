"""The `revops` command: thin commands over the steps, loaded only when they are called."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from orchestration.output import fail
from warehouse.errors import RevopsError, is_interrupt

# Command -> module under orchestration.commands; in the order of a working day.
_COMMANDS = {
    "demo": "demo",
    "run": "pipeline",
    "extract": "pipeline",
    "build": "pipeline",
    "metrics": "metrics",
    "experiments": "experiments",
    "report": "report",
    "scores": "scores",
    "playbook": "playbook",
    "forecast": "forecast",
    "gate": "pipeline",
    "quality": "quality",
    "plan": "reverse",
    "approve": "reverse",
    "sync": "reverse",
    "explain": "ledger",
    "retry": "ledger",
    "revert": "ledger",
    "replay": "ledger",
    "erase": "erase",
    "suppress": "suppress",
    "identity": "identity",
    "sql": "sql",
    "status": "status",
    "runs": "runs",
    "alerts": "alerts",
    "backup": "backup",
    "restore": "backup",
    "migrate": "migrate",
    "doctor": "doctor",
    "ui": "ui",
    "sandbox": "sandbox",
    "new": "new",
}

_EPILOG = """\b
Exit codes: 0 done, 2 misconfigured, 3 held (by a gate, a guard, a failed build, a missing
            approval, or a plan that is no longer the reviewed one), 4 partial (some rows
            rejected), 5 a tool or the warehouse is unavailable.
\b
Settings come from REVOPS_* in the environment or from .env; see .env.example.
Begin with `revops demo`, or with `revops doctor` on your own tools."""


class _Commands(click.Group):
    """Imports a command's module only when that command is called or explained."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"orchestration.commands.{_COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command


@click.group(
    cls=_Commands, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="revops-pipeline", prog_name="revops")
def cli() -> None:
    """Keep the warehouse and your revenue tools in step.

    extract -> build -> gate -> plan -> sync: what the tools know is landed in the warehouse,
    unified there, judged, and what is worth knowing is pushed back.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command; an error of ours becomes a message, a next step and an exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        outcome: Any = cli.main(arguments, prog_name="revops", standalone_mode=False)
    except RevopsError as error:
        sys.exit(fail(error, as_json="--json" in arguments))
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except RuntimeError as error:
        if not is_interrupt(error):
            raise
        sys.exit(130)
    sys.exit(outcome if isinstance(outcome, int) else 0)


if __name__ == "__main__":
    main()
