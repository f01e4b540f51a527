"""The destinations under proof: how each is set up, spoken to, and looked into."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal

import httpx

from connectors.core.http import ToolClient
from connectors.core.pace import Budget
from connectors.core.source import HttpSource
from reverse_etl.destinations.registry import account_of
from reverse_etl.spec import FieldMapping, Identifier, SyncSpec, sync
from sandbox.app import Sandbox
from sandbox.vendors.slack.records import channel
from tests.reverse_etl.bench import AS_OF, FIRST_ID, TOKEN, write_portal
from warehouse.clock import SystemClock
from warehouse.settings import HttpSettings

Record = dict[str, Any]
Result = dict[str, Any]
Kind = Literal["write", "read", "other"]

# A document is read once and not for every schedule.
named_sync = cache(sync)

_NO_LIMIT = Budget(requests=1_000_000, seconds=1)
_BATCHES = (
    *("partial", "missing_result", "skipped", "duplicate_id", "reordered", "refused_row"),
    *("refused_whole", "empty_success", "empty_after_commit", "token_expiry"),
)


class Case(ABC):
    """One destination and one sync to it, with two fields: a text and the version of the row.

    Attributes:
        batch: how many rows the harness lets into one request, so that few rows are many requests.
        may_create: a key that the tool does not hold is made.
        faults: those of the script that concern the answer to a write of this tool.
        same_ids_when_reordered: results name their rows, so that their order means nothing.
    """

    name: ClassVar[str]
    batch: ClassVar[int] = 4
    may_create: ClassVar[bool] = True
    faults: ClassVar[Sequence[str]] = _BATCHES
    same_ids_when_reordered: ClassVar[bool] = True
    write_path: ClassVar[str]
    read_paths: ClassVar[tuple[str, ...]]
    settings: ClassVar[Mapping[str, str]]
    broken: ClassVar[object]

    spec: SyncSpec

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(mapping.field for mapping in self.spec.fields)

    @property
    def is_made_once(self) -> bool:
        return self.spec.is_made_once

    def client(self, transport: httpx.BaseTransport) -> ToolClient:
        """The real client of the real account, but for the wire and the waiting."""
        source = account_of(self.spec.destination)
        assert isinstance(source, HttpSource)
        base = f"http://127.0.0.1/{self.spec.destination}"
        settings = source.settings.model_validate({"base_url": base, **self.settings})
        return ToolClient(
            source.name,
            base,
            source.authorise(settings),
            budget=_NO_LIMIT,
            headers=source.headers,
            http=HttpSettings(max_attempts=2, backoff_seconds=0, max_wait_seconds=1),
            clock=SystemClock(),
            classify=source.classify,
            transport=transport,
        )

    def kind_of(self, path: str) -> Kind:
        if path.endswith(self.write_path):
            return "write"
        return "read" if path.endswith(self.read_paths) else "other"

    def wish(self, number: int, version: int) -> Record:
        """What is wished for of a row: the fields in their order."""
        text, counter = self.fields
        return {text: f"row {number}", counter: version}

    def version_of(self, fields: Mapping[str, Any]) -> int:
        digits = "".join(filter(str.isdigit, str(fields.get(self.fields[1]) or "0")))
        return int(digits or 0)

    def is_taken(self, answer: Any) -> bool:  # noqa: ARG002 - most say it by the status
        return True

    def expire(self, app: Sandbox) -> tuple[int, object] | None:  # noqa: ARG002 - not all
        """End the session; the answer to the request, where the tool itself would not notice."""
        return 401, {"status": "error", "category": "EXPIRED_AUTHENTICATION"}

    @abstractmethod
    def set_up(self, folder: Path, rows: int) -> None:
        """Data of a tool that holds these rows if it may not make them, else none."""

    @abstractmethod
    def key(self, number: int) -> str: ...

    @abstractmethod
    def key_of(self, row: Record) -> str: ...

    @abstractmethod
    def rows(self, body: Any) -> list[Record]: ...

    @abstractmethod
    def with_rows(self, body: Any, rows: list[Record]) -> Any: ...

    @abstractmethod
    def results(self, answer: Any, rows: list[Record]) -> list[Result]:
        """The results in the order of the rows."""

    @abstractmethod
    def composed(self, results: list[Result]) -> Any: ...

    @abstractmethod
    def rejection(self, row: Record, *, transient: bool) -> Result: ...

    @abstractmethod
    def refusal(self) -> tuple[int, Any]:
        """Status and body by which the tool refuses a request as a whole."""

    @abstractmethod
    def held(self, app: Sandbox) -> list[tuple[str, str, Record]]:
        """Key, id and fields of every record of ours that the tool holds."""


class HubSpotUpdate(Case):
    name = "hubspot update"
    may_create = False
    write_path = "/batch/update"
    read_paths = ("/batch/read",)
    settings: ClassVar[Mapping[str, str]] = {"token": TOKEN}
    broken: ClassVar[object] = {"status": "error", "category": "INTERNAL_ERROR", "message": "oops"}

    def __init__(self) -> None:
        spec = named_sync("hubspot_companies")
        self.spec = spec.model_copy(update={"fields": spec.fields[:2]})

    def set_up(self, folder: Path, rows: int) -> None:
        write_portal(folder, rows)

    def key(self, number: int) -> str:
        return str(FIRST_ID + number)

    def key_of(self, row: Record) -> str:
        return str(row["id"])

    def rows(self, body: Any) -> list[Record]:
        return list(body["inputs"])

    def with_rows(self, body: Any, rows: list[Record]) -> Any:
        return body | {"inputs": rows}

    def results(self, answer: Any, rows: list[Record]) -> list[Result]:
        by_trace = {one["objectWriteTraceId"]: one for one in answer["results"]}
        return [by_trace[row["objectWriteTraceId"]] for row in rows]

    def composed(self, results: list[Result]) -> Any:
        errors = [one for one in results if one.get("status") == "error"]
        told = [one for one in results if one.get("status") != "error"]
        more = {"numErrors": len(errors), "errors": errors} if errors else {}
        return {"status": "COMPLETE", "results": told, **more}

    def rejection(self, row: Record, *, transient: bool) -> Result:
        return {
            "status": "error",
            "category": "INTERNAL_ERROR" if transient else "VALIDATION_ERROR",
            "message": "by the script",
            "context": {"objectWriteTraceId": [row["objectWriteTraceId"]]},
        }

    def refusal(self) -> tuple[int, Any]:
        return 400, {"status": "error", "category": "VALIDATION_ERROR", "message": "by the script"}

    def held(self, app: Sandbox) -> list[tuple[str, str, Record]]:
        return [
            (self._key_in(one), one["id"], one["properties"])
            for one in map(json.loads, app.records("hubspot", "companies").splitlines())
            if self._key_in(one) and one["properties"].get(self.fields[0])
        ]

    def _key_in(self, record: Record) -> str:
        return str(record["id"])


class HubSpotUpsert(HubSpotUpdate):
    name = "hubspot upsert"
    may_create = True
    write_path = "/batch/upsert"

    def __init__(self) -> None:
        super().__init__()
        identifier = Identifier(column="account_id", field="erp_id")
        update = {"mode": "upsert", "identify_by": identifier, "name": "hubspot_upsert"}
        self.spec = self.spec.model_copy(update=update)

    def set_up(self, folder: Path, rows: int) -> None:  # noqa: ARG002 - all are made
        write_portal(folder, 0)

    def key(self, number: int) -> str:
        return f"ERP {number}"

    def _key_in(self, record: Record) -> str:
        return str(record["properties"].get("erp_id") or "")


class SalesforceTasks(Case):
    name = "salesforce tasks"
    same_ids_when_reordered = False
    write_path = "/composite/sobjects"
    read_paths = ("/queryAll", "/query")
    settings: ClassVar[Mapping[str, str]] = {"client_id": "3MVG9", "client_secret": "s3cr3t"}
    broken: ClassVar[object] = [{"errorCode": "SERVER_UNAVAILABLE", "message": "oops"}]

    def __init__(self) -> None:
        chosen = (
            FieldMapping(column="task_subject", field="Subject"),
            FieldMapping(column="description", field="Description"),
        )
        self.spec = named_sync("salesforce_tasks").model_copy(update={"fields": chosen})

    def set_up(self, folder: Path, rows: int) -> None:  # noqa: ARG002 - all are made
        _write_manifest(folder, "salesforce", self.settings)

    def key(self, number: int) -> str:
        return f"it's:{number}"

    def wish(self, number: int, version: int) -> Record:
        text, counter = self.fields
        return {text: f"row {number}", counter: f"version {version}"}

    def key_of(self, row: Record) -> str:
        return str(row["Revops_Key__c"])

    def rows(self, body: Any) -> list[Record]:
        return list(body["records"])

    def with_rows(self, body: Any, rows: list[Record]) -> Any:
        return body | {"records": rows}

    def results(self, answer: Any, rows: list[Record]) -> list[Result]:
        assert len(answer) == len(rows)
        return list(answer)

    def composed(self, results: list[Result]) -> Any:
        return results

    def rejection(self, row: Record, *, transient: bool) -> Result:  # noqa: ARG002 - by place
        code = "UNABLE_TO_LOCK_ROW" if transient else "STRING_TOO_LONG"
        return {"success": False, "errors": [{"statusCode": code, "message": "by the script"}]}

    def refusal(self) -> tuple[int, Any]:
        return 400, [{"errorCode": "INVALID_FIELD", "message": "by the script"}]

    def expire(self, app: Sandbox) -> tuple[int, object] | None:
        app.vendors["salesforce"].expire_tokens()
        return None

    def held(self, app: Sandbox) -> list[tuple[str, str, Record]]:
        tasks = map(json.loads, app.records("salesforce", "Task").splitlines())
        return [(one["Revops_Key__c"], one["Id"], one) for one in tasks]


class SlackMessages(Case):
    """Declared at most once: never twice, and what is in doubt is told."""

    name = "slack messages"
    batch = 1
    # One row a request: there is nothing to be left out or reordered in an answer.
    faults = ("refused_row", "partial", "empty_success", "empty_after_commit", "token_expiry")
    write_path = "/chat.postMessage"
    read_paths = ("/conversations.history",)
    settings: ClassVar[Mapping[str, str]] = {"token": "xoxb-proof"}
    broken: ClassVar[object] = {"ok": False, "error": "internal_error"}

    def __init__(self) -> None:
        self.spec = named_sync("slack_escalations")

    def set_up(self, folder: Path, rows: int) -> None:  # noqa: ARG002 - all are made
        limits = {"messages_per_second": 100_000, "per_minute": 100_000}
        _write_manifest(folder, "slack", self.settings, limits)
        opened = channel("C1", self.spec.object, created=AS_OF, creator="U1", is_member=True)
        (folder / "slack" / "channels.ndjson").write_text(json.dumps(opened) + "\n", "utf-8")

    def key(self, number: int) -> str:
        return f"message:{number}"

    def wish(self, number: int, version: int) -> Record:
        return {"text": f"row {number}, version {version}"}

    def version_of(self, fields: Mapping[str, Any]) -> int:
        return int(str(fields["text"]).rpartition(" ")[2])

    def is_taken(self, answer: Any) -> bool:
        return bool(answer["ok"])

    def key_of(self, row: Record) -> str:
        return str(row["metadata"]["event_payload"]["key"])

    def rows(self, body: Any) -> list[Record]:
        return [body]

    def with_rows(self, body: Any, rows: list[Record]) -> Any:  # noqa: ARG002 - the row is it
        return rows[0]

    def results(self, answer: Any, rows: list[Record]) -> list[Result]:  # noqa: ARG002 - one
        return [answer]

    def composed(self, results: list[Result]) -> Any:
        return results[0] if results else {"ok": True}

    def rejection(self, row: Record, *, transient: bool) -> Result:  # noqa: ARG002 - one
        return {"ok": False, "error": "fatal_error" if transient else "msg_too_long"}

    def refusal(self) -> tuple[int, Any]:
        return 200, {"ok": False, "error": "msg_too_long"}

    def expire(self, app: Sandbox) -> tuple[int, object] | None:  # noqa: ARG002 - in the body
        return 200, {"ok": False, "error": "token_expired"}

    def held(self, app: Sandbox) -> list[tuple[str, str, Record]]:
        messages = map(json.loads, app.records("slack", "messages").splitlines())
        return [(self.key_of(one), one["ts"], one) for one in messages]


def _write_manifest(
    folder: Path, vendor: str, credentials: Mapping[str, str], limits: Mapping[str, int] = {}
) -> None:
    (folder / vendor).mkdir(parents=True)
    manifest = {
        "as_of": f"{datetime(2026, 11, 20, 9, tzinfo=UTC):%Y-%m-%dT%H:%M:%SZ}",
        "credentials": {vendor: dict(credentials)},
        "limits": {vendor: dict(limits)},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


CASES: dict[str, type[Case]] = {
    one.name.replace(" ", "_"): one
    for one in (HubSpotUpdate, HubSpotUpsert, SalesforceTasks, SlackMessages)
}
