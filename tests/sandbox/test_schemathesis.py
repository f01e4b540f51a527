"""Calls that Schemathesis draws from the vendors' own descriptions: answered as they describe."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)

from sandbox.vendor import Vendor
from tests.connectors.marketo.test_marketo_description import mend_assets, mend_log
from tests.emulated import Vendors, serving
from tests.sandbox.vendors.intercom.description import mend as mend_intercom
from tests.sandbox.vendors.stripe.test_stripe_fidelity import allow_nulls
from tests.witness import Mend, described

pytestmark = pytest.mark.slow

CALLS = 60
Refuses = Callable[[Any], bool]


@dataclass(frozen=True)
class Official:
    """One description of one vendor.

    `below` is what its paths lack, `refuses` knows a refusal that comes with the status 200: the
    descriptions show what is given, and hardly what is refused.
    """

    vendor: str
    file: str
    mend: Mend = lambda _: None
    below: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    refuses: Refuses = lambda _: False


def _marketo(file: str, mend: Mend = lambda _: None) -> Official:
    return Official(
        "marketo", f"marketo/{file}", mend, refuses=lambda body: body.get("success") is False
    )


OFFICIAL = (
    Official("intercom", "intercom/intercom-2.15-trimmed.json", mend_intercom),
    _marketo("oas3-mapi.json", mend_log),
    _marketo("oas3-asset.json", mend_assets),
    Official(
        "slack",
        "slack/oas3-slack-web-api-trimmed.json",
        below="/api",
        refuses=lambda body: body.get("ok") is False,
    ),
    Official(
        "stripe",
        "stripe/stripe-openapi-2022-04-official-collapsed.json",
        allow_nulls,
        headers={"Stripe-Version": "2020-08-27"},
    ),
)


@pytest.fixture(scope="module")
def vendors(company: Path) -> Iterator[Vendors]:
    with serving(company) as found:
        yield found


@pytest.mark.parametrize("official", OFFICIAL, ids=lambda one: Path(one.file).stem)
def test_what_a_description_allows_is_answered_as_it_says(
    vendors: Vendors, official: Official
) -> None:
    document = described(official.file, official.mend)
    read = list(schemathesis.openapi.from_dict(document).get_all_operations())
    operations = [one.ok() for one in read if isinstance(one, Ok)]
    assert len(operations) == len(read)
    emulated = [one for one in operations if is_emulated(vendors, official, one)]
    assert emulated
    taken = {one.label: call_and_judge(vendors, official, one) for one in emulated}
    # Else the refusals alone would have been looked at.
    assert sum(taken.values()) > CALLS / 2, taken


def is_emulated(vendors: Vendors, official: Official, operation: Any) -> bool:
    path = official.below + re.sub(r"\{\w+\}", "1", operation.path)
    routes = vendors.sandbox.vendors[official.vendor]._map.bind("localhost")
    return bool(routes.test(path, operation.method.upper()))


def call_and_judge(vendors: Vendors, official: Official, operation: Any) -> int:
    """Call an operation many times; how often it was taken."""
    headers = credential(vendors, official.vendor) | official.headers
    keys = known_keys(vendors.sandbox.vendors[official.vendor], operation.path)
    taken = 0

    @settings(
        max_examples=CALLS,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), key=st.sampled_from([None, *keys]))
    def judge(case: Any, key: str | None) -> None:
        nonlocal taken
        if key is not None:
            case.path_parameters |= dict.fromkeys(case.path_parameters, key)
        vendors.wait(60)  # so that no rate window fills
        base_url = f"{vendors.url}/{official.vendor}{official.below}"
        answer = case.call(base_url=base_url, headers=headers)
        checks = [not_a_server_error, content_type_conformance, response_schema_conformance]
        is_json = "json" in answer.headers.get("content-type", [""])[0]
        if is_json and official.refuses(answer.json()):
            checks = [not_a_server_error]
        elif answer.status_code < 300:
            taken += 1
        case.validate_response(answer, checks=checks)

    judge()
    return taken


def known_keys(vendor: Vendor, path: str) -> list[str]:
    """Some keys that the emulator holds of what `/<kind>/{id}` names."""
    named = re.search(r"/(\w+)/\{", path)
    for kind in (named[1], f"{named[1]}s") if named else ():
        if kind in vendor.tables:
            table = vendor.tables[kind]
            return [table.key(record) for record in islice(table, 5)]
    return []


def credential(vendors: Vendors, vendor: str) -> dict[str, str]:
    given = vendors.sandbox.vendors[vendor].credentials
    token = given.get("token")
    if token is None:
        login = {name: given[name] for name in ("client_id", "client_secret")}
        answer = httpx.get(
            f"{vendors.url}/{vendor}/identity/oauth/token",
            params={"grant_type": "client_credentials", **login},
        )
        token = answer.json()["access_token"]
    return {"Authorization": f"Bearer {token}"}
