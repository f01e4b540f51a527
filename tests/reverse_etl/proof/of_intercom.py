"""Intercom's companies and contacts, who bears a tag, and events: a row is a request."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import httpx

from reverse_etl.spec import FieldMapping, Identifier
from sandbox.app import Sandbox
from sandbox.vendors.intercom.records import company, data_attribute, tag
from tests.reverse_etl.bench import AS_OF
from tests.reverse_etl.proof.case import (
    AnyWire,
    Kind,
    Record,
    Result,
    named_sync,
    write_manifest,
)
from tests.reverse_etl.proof.single import OneRowCase
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Script, Wire

SCORE = "custom_attributes.score"
# Where the path names the record, the script finds its id under this name in the body.
_NAMED = "sandbox_named"


class _ByPath(Wire):
    def _written(self, request: httpx.Request, fault: str | None) -> httpx.Response:
        named = json.loads(request.content or b"{}") | {_NAMED: request.url.path}
        told = httpx.Request(
            request.method,
            request.url,
            headers={k: v for k, v in request.headers.items() if k != "content-length"},
            json=named,
            extensions=request.extensions,
        )
        return super()._written(told, fault)


class IntercomCompanies(OneRowCase):
    """By Intercom's own id."""

    name = "intercom companies"
    is_slow = True
    may_create = False
    faults: ClassVar[Sequence[str]] = (
        *("refused_whole", "empty_success", "empty_after_commit", "token_expiry"),
    )
    write_path = ""
    read_paths = ()
    settings: ClassVar[Mapping[str, str]] = {"token": "ic-proof"}
    broken: ClassVar[object] = {"type": "error.list", "errors": [{"code": "server_error"}]}
    kind: ClassVar[str] = "companies"
    mode: ClassVar[str] = "update_only"
    own_key: ClassVar[str | None] = None
    within: ClassVar[str | None] = None
    text: ClassVar[str] = "name"
    counter: ClassVar[str] = SCORE

    def __init__(self) -> None:
        fields = (
            FieldMapping(column="account_tier", field=self.text),
            FieldMapping(column="account_score", field=self.counter),
        )
        self.spec = named_sync("hubspot_companies").model_copy(
            update={
                "name": self.name.replace(" ", "_"),
                "destination": "intercom",
                "object": self.kind,
                "mode": self.mode,
                "within": self.within,
                "identify_by": Identifier(column="account_id", field=self.own_key),
                "fields": fields,
            }
        )

    def set_up(self, folder: Path, rows: int) -> None:
        limits = {"per_ten_seconds": 1_000_000, "index_delay_seconds": 0}
        write_manifest(folder, "intercom", self.settings, limits)
        models = ("company", "contact")
        attributes = [data_attribute(one, "score", "Score", "integer", id=1) for one in models]
        self._put(folder, "data_attributes", attributes)
        self._put(folder, "tags", [tag("71", "Target accounts")])
        self._put(folder, self.held_kind(), [self._record(n) for n in self.there(rows)])

    def there(self, rows: int) -> range:
        return range(0 if self.may_create else rows)

    def held_kind(self) -> str:
        return self.kind

    def _put(self, folder: Path, kind: str, records: list[Record]) -> None:
        lines = "".join(json.dumps(one) + "\n" for one in records)
        (folder / "intercom" / f"{kind}.ndjson").write_text(lines, "utf-8")

    def _record(self, number: int) -> Record:
        named = {"name": f"Company {number}", "user_count": 1}
        return company(f"{number + 1:024x}", named, created=AS_OF, updated=AS_OF)

    def wire(self, app: Any, steps: Steps, script: Script, look: Callable[[], None]) -> AnyWire:
        return _ByPath(self, app, steps, script, look)

    def kind_of_request(self, method: str, path: str) -> Kind:
        folders = ("/companies", "/contacts", "/events")
        if not any(folder in path for folder in folders):
            return "other"
        return "read" if method == "GET" else "write"

    def key(self, number: int) -> str:
        return f"{number + 1:024x}"

    def key_of(self, row: Record) -> str:
        return str(row[_NAMED]).rpartition("/")[2]

    def rejection(self, row: Record, *, transient: bool) -> Result:
        raise NotImplementedError("a row that is refused is a request that is refused")

    def refusal(self) -> tuple[int, Any]:
        errors = [{"code": "parameter_invalid", "message": "by the script"}]
        return 400, {"type": "error.list", "errors": errors}

    def held(self, app: Sandbox) -> list[tuple[str, str, Record]]:
        found = map(json.loads, app.records("intercom", self.held_kind()).splitlines())
        return [
            (
                str(one[self.own_key or "id"]),
                one["id"],
                one | {SCORE: one["custom_attributes"]["score"]},
            )
            for one in found
            if "score" in one["custom_attributes"]
        ]


class IntercomNewCompanies(IntercomCompanies):
    name = "intercom new companies"
    is_slow = True
    may_create = True
    mode = "upsert"
    own_key = "company_id"

    def key(self, number: int) -> str:
        return f"ACC/{number} 株"

    def key_of(self, row: Record) -> str:
        return str(row["company_id"])


class IntercomContacts(IntercomCompanies):
    name = "intercom contacts"
    is_slow = True
    may_create = True
    kind = "contacts"
    mode = "upsert"
    own_key = "external_id"

    def key(self, number: int) -> str:
        return f"P/{number} 佐"

    def key_of(self, row: Record) -> str:
        return str(row.get("external_id") or row[_NAMED].rpartition("/")[2])


CASES = (IntercomCompanies, IntercomNewCompanies, IntercomContacts)
