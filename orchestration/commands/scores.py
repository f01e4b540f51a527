"""`revops scores`: whether lead scores are any good, and why somebody has theirs."""

from __future__ import annotations

import click

from orchestration.app import App
from orchestration.commands.pipeline import json_option
from orchestration.health_quality import health_quality, health_quality_view
from orchestration.output import OUT, print_json
from orchestration.scores import evaluation, explanation
from orchestration.scores_views import evaluation_view, explanation_view


@click.group("scores")
def scores_command() -> None:
    """Judge the lead scores, and explain them."""


@scores_command.command("evaluate")
@click.option(
    "--health",
    is_flag=True,
    help="The health of customers instead, against who left or paid less within 90 days.",
)
@json_option
def evaluate_command(*, health: bool, as_json: bool) -> None:
    """Hold the lead scores against what became of the leads.

    As the last `revops build` saw it: every lead is scored as it was a few days after it came
    (observation_days in rules/scoring.yml), so that nothing counts that happened later. Shown are
    how well the score tells good leads from others, the rate of every score band, what another
    threshold would bring, and how an estimate learnt from history did on the latest leads.

    \b
    Examples:
      revops scores evaluate
      revops scores evaluate --health
    """
    if health:
        quality = health_quality(App.from_environment())
        if as_json:
            print_json(quality)
        else:
            OUT.print(health_quality_view(quality), soft_wrap=True)
        return
    found = evaluation(App.from_environment())
    if as_json:
        print_json(found)
    else:
        OUT.print(evaluation_view(found), soft_wrap=True)


@scores_command.command("explain")
@click.argument("person", metavar="PERSON_ID|EMAIL")
@json_option
def explain_command(person: str, as_json: bool) -> None:
    """Tell why somebody has their score, rule by rule.

    \b
    Examples:
      revops scores explain sato@example.jp
    """
    found = explanation(App.from_environment(), person)
    if as_json:
        print_json(found)
    else:
        OUT.print(explanation_view(found), soft_wrap=True)
