"""How an opportunity came to where it stands: its stages, contact roles and what was lost."""

from datetime import datetime
from typing import Any

from sandbox.generation.chance import Chance
from sandbox.instants import parse_instant
from sandbox.pipeline import SALESFORCE_STAGES, salesforce_stage_fields

Record = dict[str, Any]
_OPEN = [name for name, stage in SALESFORCE_STAGES.items() if not stage.closed]
LOSS_REASONS = ("Price", "Competitor", "No Budget", "No Decision", "競合", "price ", None)
ROLES = ("Decision Maker", "Economic Buyer", "Evaluator", "Influencer", "決裁者", None)


def stages_until(rng: Chance, opportunity: Record) -> list[str]:
    """The stages in the order in which they were entered; the last is the one it is in.

    Some are skipped, one deal in ten falls back a stage and climbs again.
    """
    stage = opportunity["StageName"]
    top = _OPEN.index(stage) if stage in _OPEN else rng.randint(1, len(_OPEN) - 1)
    passed = [name for place, name in enumerate(_OPEN[:top]) if place == 0 or rng.random() < 0.45]
    if len(passed) > 1 and rng.random() < 0.1:
        passed += passed[-2:]
    return [*passed, stage]


def versions(rng: Chance, opportunity: Record) -> list[tuple[Record, datetime]]:
    """The opportunity as it was after each change, and when; the last is as it is."""
    stages = stages_until(rng, opportunity)
    created = parse_instant(opportunity["CreatedDate"])
    last = parse_instant(opportunity["SystemModstamp"])
    seconds = int((last - created).total_seconds())
    if rng.plain:
        # What is saved within a second is saved at once.
        stages = stages[-min(len(stages), seconds // 2 + 1) :]
        moments = sorted(rng.sample(range(2, seconds + 1), len(stages) - 1))
    else:
        moments = sorted(rng.randint(0, max(seconds, 0)) for _ in stages[1:])
    found = []
    for place, (stage, moment) in enumerate(zip(stages, [0, *moments], strict=True)):
        is_last = place == len(stages) - 1
        at = created.fromtimestamp(int(created.timestamp()) + moment, created.tzinfo)
        found.append((opportunity if is_last else _earlier(rng, opportunity, stage), at))
    return found


def _earlier(rng: Chance, opportunity: Record, stage: str) -> Record:
    amount = opportunity["Amount"]
    guessed = None if amount is None or rng.random() < 0.1 else amount
    if guessed is not None and rng.random() < 0.3:
        guessed = max(1_000, round(guessed * rng.choice((0.6, 0.8, 1.25)), -2))
    return {**opportunity, **salesforce_stage_fields(stage), "Amount": guessed}


def custom_values(rng: Chance, opportunity: Record, campaigns: list[str]) -> Record:
    """Its campaign, and the org's own fields: why it was lost, its number in an older CRM."""
    is_lost = opportunity["IsClosed"] and not opportunity["IsWon"]
    number = rng.randint(1, 99_999)
    return {
        "Id": opportunity["Id"],
        "CampaignId": rng.choice(campaigns) if rng.random() < 0.4 else None,
        "Loss_Reason__c": rng.choice(LOSS_REASONS) if is_lost else None,
        "Legacy_Ref__c": rng.choice((f"OLD-{number:05d}", str(number), f" {number} ", "n/a", None)),
    }
