"""Google Ads: offline conversions, of which none can be read; who is on a customer list."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, cast

import httpx

from connectors.core.source import Tool
from connectors.google_ads.settings import GoogleAdsSettings
from reverse_etl.destinations.base import Destination
from reverse_etl.destinations.google_ads import GoogleAdsUploads
from reverse_etl.destinations.google_ads_people import hashed
from reverse_etl.spec import FieldMapping, Identifier
from sandbox.app import Sandbox
from sandbox.vendors.google_ads.api import GoogleAds, invalid
from sandbox.vendors.google_ads.audiences import user_list
from sandbox.vendors.google_ads.conversions import action, answer, failure
from sandbox.vendors.google_ads.records import customer
from tests.reverse_etl.bench import AS_OF
from tests.reverse_etl.proof.case import (
    AnyWire,
    Case,
    Record,
    Result,
    named_sync,
    write_manifest,
)
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Script, Wire

CUSTOMER = customer("1234567890", "Acme", AS_OF)
ACTION = action(CUSTOMER, 987, "Won deals")
LIST = user_list(CUSTOMER, 654, "Target accounts")


class GoogleAdsWins(Case):
    """A deal is won once, at one instant: a row that is sent again says the same."""

    name = "google_ads conversions"
    is_readable = False
    write_path = ":uploadClickConversions"
    read_paths = ()
    settings: ClassVar[Mapping[str, str]] = {
        **{name: f"{name}-proof" for name in ("client_id", "client_secret", "refresh_token")},
        "developer_token": "developer-proof",
        "login_customer_id": "1112223333",
        "customer_ids": "123-456-7890",
    }
    broken: ClassVar[object] = {"error": {"code": 500, "status": "INTERNAL", "message": "oops"}}

    def __init__(self) -> None:
        self.spec = named_sync("hubspot_companies").model_copy(
            update={
                "name": "google_ads_wins",
                "destination": "google_ads",
                "object": "conversions",
                "within": "Won deals",
                "mode": "append",
                "identify_by": Identifier(column="account_id"),
                "fields": (
                    FieldMapping(column="account_tier", field="gclid"),
                    FieldMapping(column="account_score", field="conversion_date_time"),
                ),
            }
        )

    def set_up(self, folder: Path, rows: int) -> None:  # noqa: ARG002 - all are made
        write_manifest(folder, "google_ads", self.settings, {"per_day": 1_000_000})
        for kind, record in (("customers", CUSTOMER), ("conversion_actions", ACTION)):
            (folder / "google_ads" / f"{kind}.ndjson").write_text(
                json.dumps(record) + "\n", "utf-8"
            )

    def destination(self, tool: Tool) -> Destination:
        made = super().destination(tool)
        assert isinstance(made, GoogleAdsUploads)
        made.own = GoogleAdsSettings.model_validate(self.settings)
        return made

    def key(self, number: int) -> str:
        return f"deal-{number}"

    def wish(self, number: int, version: int) -> Record:  # noqa: ARG002 - it does not change
        moment = f"2026-11-{1 + number % 19:02} 09:00:00+09:00"
        return {"gclid": f"click-{number}", "conversion_date_time": moment}

    def version_of(self, fields: Mapping[str, Any]) -> int:  # noqa: ARG002 - it does not change
        return 1

    def key_of(self, row: Record) -> str:
        return str(row["orderId"])

    def rows(self, body: Any) -> list[Record]:
        return list(body["conversions"])

    def with_rows(self, body: Any, rows: list[Record]) -> Any:
        return body | {"conversions": rows}

    def results(self, answer: Any, rows: list[Record]) -> list[Result]:
        told: list[Result] = list(answer["results"])
        assert len(told) == len(rows)
        for detail in answer.get("partialFailureError", {}).get("details", []):
            for error in detail["errors"]:
                path = error["location"]["fieldPathElements"]
                told[path[0]["index"]] = {"code": error["errorCode"]["conversionUploadError"]}
        return told

    def composed(self, results: list[Result]) -> Any:
        errors = [failure(n, one["code"]) for n, one in enumerate(results) if "code" in one]
        return answer([{} if "code" in one else one for one in results], errors)

    def rejection(self, row: Record, *, transient: bool) -> Result:  # noqa: ARG002 - by place
        return {"code": "TOO_RECENT_EVENT" if transient else "UNPARSEABLE_GCLID"}

    def refusal(self) -> tuple[int, Any]:
        error = {"code": 400, "status": "INVALID_ARGUMENT", "message": "by the script"}
        return 400, {"error": error}

    def expire(self, app: Sandbox) -> tuple[int, object] | None:
        app.vendors["google_ads"].expire_tokens()
        return None

    def held(self, app: Sandbox) -> list[tuple[str, str, Record]]:
        found = map(json.loads, app.records("google_ads", "conversions").splitlines())
        return [
            (one["orderId"], one["orderId"], {**one, "conversion_date_time": one[_MOMENT]})
            for one in (each["conversion"] for each in found)
        ]


class _OfRequests(Wire):
    """The script strikes a request; what comes of its members is told by its status, later."""

    def _written(self, request: httpx.Request, fault: str | None) -> httpx.Response:
        members = json.loads(request.content)["audienceMembers"]
        chosen = self._chance.randrange(len(members))
        if fault == "refused_whole":
            self._poison = self._case.key_of(members[chosen])
        if self._poison in [self._case.key_of(one) for one in members]:
            status, told = self._case.refusal()
            return httpx.Response(status, json=told)
        if fault == "empty_success":
            return httpx.Response(200, json={})
        audiences = cast("GoogleAds", self._app.vendors["google_ads"]).audiences
        if fault in _REASONS:
            audiences.failing = {chosen: _REASONS[fault]}
            audiences.names_places = fault != "skipped"
        answer = self._forward(request, request.content)
        if fault == "empty_after_commit":
            return httpx.Response(200, json={})
        return self._lost(request, answer, fault)


class GoogleAdsAudience(Case):
    """People on a list by the hash of their address; the list cannot be read."""

    name = "google_ads audience"
    is_readable = False
    is_slow = True
    # All of a request is taken, or its status counts what is not; nothing stands in an order.
    faults: ClassVar[Sequence[str]] = (
        *("partial", "skipped", "refused_row", "refused_whole"),
        *("empty_success", "empty_after_commit", "token_expiry"),
    )
    write_path = "/v1/audienceMembers:ingest"
    read_paths = ("/v1/requestStatus:retrieve",)
    settings: ClassVar[Mapping[str, str]] = {
        **GoogleAdsWins.settings,
        "customer_match_terms": "accepted",
    }
    broken: ClassVar[object] = GoogleAdsWins.broken

    def __init__(self) -> None:
        self.spec = named_sync("hubspot_companies").model_copy(
            update={
                "name": "google_ads_members",
                "destination": "google_ads",
                "object": "audience_members",
                "within": "Target accounts",
                "mode": "add_remove",
                "identify_by": Identifier(column="account_id"),
                "fields": tuple(
                    FieldMapping(constant="GRANTED", field=name)
                    for name in ("ad_user_data", "ad_personalization")
                ),
            }
        )

    def set_up(self, folder: Path, rows: int) -> None:  # noqa: ARG002 - all are added
        write_manifest(folder, "google_ads", self.settings, {"per_day": 1_000_000})
        for kind, record in (("customers", CUSTOMER), ("user_lists", LIST)):
            (folder / "google_ads" / f"{kind}.ndjson").write_text(
                json.dumps(record) + "\n", "utf-8"
            )

    def destination(self, tool: Tool) -> Destination:
        made = super().destination(tool)
        assert isinstance(made, GoogleAdsUploads)
        base = {"base_url": "http://127.0.0.1/google_ads"}
        made.own = GoogleAdsSettings.model_validate(base | dict(self.settings))
        return made

    def wire(self, app: Any, steps: Steps, script: Script, look: Callable[[], None]) -> AnyWire:
        return _OfRequests(self, app, steps, script, look)

    def key(self, number: int) -> str:
        return f"person-{number}@acme.example"

    def wish(self, number: int, version: int) -> Record:  # noqa: ARG002 - it is there or is not
        return dict.fromkeys(self.fields, "GRANTED")

    def version_of(self, fields: Mapping[str, Any]) -> int:  # noqa: ARG002 - there is none
        return 0

    def key_of(self, row: Record) -> str:
        (one,) = row["userData"]["userIdentifiers"]
        return str(*one.values())

    def rows(self, body: Any) -> list[Record]:
        return list(body["audienceMembers"])

    def with_rows(self, body: Any, rows: list[Record]) -> Any:
        return body | {"audienceMembers": rows}

    def results(self, answer: Any, rows: list[Record]) -> list[Result]:
        raise NotImplementedError("a request is answered by its name alone")

    def composed(self, results: list[Result]) -> Any:
        raise NotImplementedError("a request is answered by its name alone")

    def rejection(self, row: Record, *, transient: bool) -> Result:
        raise NotImplementedError("members fail after the answer")

    def refusal(self) -> tuple[int, Any]:
        refused = invalid("audience_members[0].user_data", "by the script")
        return refused.status, refused.body

    def expire(self, app: Sandbox) -> tuple[int, object] | None:
        app.vendors["google_ads"].expire_tokens()
        return None

    def held(self, app: Sandbox) -> list[tuple[str, str, Record]]:
        found = map(json.loads, app.records("google_ads", "audience_members").splitlines())
        on = [one["identifier"]["emailAddress"] for one in found if not one["isDeleted"]]
        return [(_KEYS[one], one, dict.fromkeys(self.fields, "GRANTED")) for one in on]


_REASONS = {
    "partial": "PROCESSING_ERROR_REASON_INTERNAL_ERROR",
    "refused_row": "PROCESSING_ERROR_REASON_INVALID_FORMAT",
    "skipped": "PROCESSING_ERROR_REASON_INTERNAL_ERROR",
}
# Hash -> key, of as many people as any proof has.
_KEYS = {
    hashed("email", f"person-{n}@acme.example"): f"person-{n}@acme.example" for n in range(500)
}
_MOMENT = "conversionDateTime"
CASES = (GoogleAdsWins, GoogleAdsAudience)
