"""Our own writes come back through the connector: they are told apart from people's."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.core import registry
from connectors.core.extract import extract_source
from reverse_etl.destinations.registry import account_of
from reverse_etl.echo import count_echoes
from reverse_etl.spec import sync
from tests.reverse_etl.bench import FIRST_ID, SPEC, TOKEN, Bench, wished
from warehouse.clock import SystemClock, new_run_id
from warehouse.deliveries import Delivered, Deliveries

HUBSPOT = registry.source("hubspot")


def land(bench: Bench) -> tuple[int, int]:
    """Read the companies; how many versions were new, and how many of those are echoes."""
    run_id = new_run_id()
    # A window ends with the whole second that the portal's clock shows: let it pass.
    clock = bench.portal.clock
    clock.not_before(clock.now() + timedelta(seconds=2))
    stream = HUBSPOT.stream("companies")
    assert stream is not None
    with bench.client() as client:
        results = extract_source(
            HUBSPOT, client, bench.warehouse, SystemClock(), run_id=run_id, streams=[stream]
        )
    sent = Deliveries(bench.state).last_sent(SPEC.name)
    with bench.warehouse.open("test") as session:
        return results[0].landed.versions, count_echoes(session, SPEC, HUBSPOT, run_id, sent)


def edit(bench: Bench, number: int, **properties: str) -> None:
    """A person changes a company in the portal."""
    httpx.patch(
        f"{bench.url}/hubspot/crm/v3/objects/companies/{FIRST_ID + number}",
        json={"properties": properties},
        headers={"Authorization": f"Bearer {TOKEN}"},
    ).raise_for_status()


@pytest.fixture
def pushed(bench: Bench) -> Bench:
    """Five companies read once and written once."""
    bench.wish([wished(number) for number in range(5)])
    bench.judge()
    assert land(bench) == (5, 0)
    assert bench.sync().delivery.outcomes == {"acknowledged": 5}
    return bench


def test_everything_that_only_we_changed_is_an_echo(pushed: Bench) -> None:
    assert land(pushed) == (5, 5)


def test_a_company_that_a_person_changed_too_is_no_echo(pushed: Bench) -> None:
    edit(pushed, 2, name="改名株式会社")
    assert land(pushed) == (5, 4)


def test_a_persons_edit_of_a_field_of_ours_is_no_echo(pushed: Bench) -> None:
    edit(pushed, 3, revops_account_score="99")
    assert land(pushed) == (5, 4)


def test_what_comes_back_once_is_not_counted_again(pushed: Bench) -> None:
    land(pushed)
    assert land(pushed) == (0, 0)


@pytest.mark.parametrize(
    ("sync_name", "stream", "before", "own", "theirs"),
    [
        (
            "zendesk_organizations",
            "organizations",
            {"name": "北", "organization_fields": {"revops_plan": None, "region": "JP"}},
            {"organization_fields": {"revops_plan": "Pro"}},
            {"organization_fields": {"region": "EU"}},
        ),
        (
            "salesforce_accounts",
            "accounts",
            {"Name": "北", "Revops_Account_Tier__c": None},
            {"Revops_Account_Tier__c": "Pro"},
            {"Name": "南"},
        ),
    ],
)
def test_an_echo_is_known_in_a_group_of_fields_and_under_the_tools_own_name_of_the_object(
    bench: Bench, sync_name: str, stream: str, *, before: Any, own: Any, theirs: Any
) -> None:
    spec = sync(sync_name)
    (written,) = [one.field for one in spec.fields if one.field.endswith(("plan", "Tier__c"))]
    chosen = [one for one in spec.fields if one.field == written]
    spec = spec.model_copy(update={"fields": tuple(chosen)})
    source = account_of(spec.destination)
    sent = [Delivered(key, "{}", {written: "Pro"}) for key in ("1", "2")]
    with bench.warehouse.open("test") as session:
        session.execute(f"create schema raw_{source.name}")
        session.execute(
            f"create table raw_{source.name}.{stream}"
            " (_key varchar, _run_id varchar, _extracted_at timestamptz, _cursor varchar,"
            " _deleted boolean, payload json)"
        )
        versions = [("1", "r1", before), ("2", "r1", before)]
        versions += [("1", "r2", _merged(before, own)), ("2", "r2", _merged(before, own, theirs))]
        for place, (key, run, payload) in enumerate(versions):
            session.execute(
                f"insert into raw_{source.name}.{stream} "
                " values ($key, $run, $at, '', false, $payload)",
                {
                    "key": key,
                    "run": run,
                    "at": f"2026-11-20 09:00:0{place}+00",
                    "payload": json.dumps(payload),
                },
            )
        assert count_echoes(session, spec, source, "r2", sent) == 1


def _merged(*parts: dict[str, Any]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            whole[name] = {**whole.get(name, {}), **value} if isinstance(value, dict) else value
    return whole
