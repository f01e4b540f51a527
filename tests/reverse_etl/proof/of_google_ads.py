"""Google Ads' offline conversions: none can be read, and an order id is taken once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from connectors.core.source import Tool
from connectors.google_ads.settings import GoogleAdsSettings
from reverse_etl.destinations.base import Destination
from reverse_etl.destinations.google_ads import GoogleAdsConversions
from reverse_etl.spec import FieldMapping, Identifier
from sandbox.app import Sandbox
from sandbox.vendors.google_ads.conversions import action, answer, failure
from sandbox.vendors.google_ads.records import customer
from tests.reverse_etl.bench import AS_OF
from tests.reverse_etl.proof.case import Case, Record, Result, named_sync, write_manifest

CUSTOMER = customer("1234567890", "Acme", AS_OF)
ACTION = action(CUSTOMER, 987, "Won deals")


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
        assert isinstance(made, GoogleAdsConversions)
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


_MOMENT = "conversionDateTime"
CASES = (GoogleAdsWins,)
