"""HubSpot's marketing calls: forms, submissions, campaigns, marketing e-mails, e-mail events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from sandbox.store import Record
from sandbox.vendor import Handler, json_response
from sandbox.vendors.hubspot.errors import invalid, not_found
from sandbox.vendors.hubspot.paging import flag_of, limit_of, names_of, page_by_place

if TYPE_CHECKING:
    from sandbox.vendors.hubspot.api import HubSpot

MAX_FORMS, MAX_SUBMISSIONS, MAX_CAMPAIGNS, MAX_EVENTS = 100, 50, 100, 1_000


class Marketing:
    """What was shown, sent and filled in; nothing of it is told by a modification stamp."""

    def __init__(self, portal: HubSpot) -> None:
        self._portal = portal

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        return (
            ("GET", "/marketing/v3/forms", self.list_forms),
            ("GET", "/form-integrations/v1/submissions/forms/<record_id>", self.submissions),
            ("GET", "/marketing/v3/campaigns", self.list_campaigns),
            ("GET", "/marketing/v3/emails", self.list_emails),
            ("GET", "/email/public/v1/events", self.email_events),
        )

    def list_forms(self, request: Request) -> Response:
        self._portal.allow("forms")
        archived = flag_of(request, "archived")
        rows = (one for one in self._portal.tables["forms"] if one["archived"] is archived)
        page, more = page_by_place(request, rows, default=20, most=MAX_FORMS)
        return json_response({"results": page, **more})

    def submissions(self, request: Request, record_id: str) -> Response:
        """The newest first; they have no filter and no order of their own."""
        self._portal.allow("forms")
        if self._portal.tables["forms"].get(record_id) is None:
            raise not_found(f"Form {record_id}")

        def find() -> list[Record]:
            held = self._portal.tables["form_submissions"]
            rows = [r for r in held if r["formId"] == record_id and not r.get("archived")]
            rows.sort(key=lambda one: (-one["submittedAt"], one["conversionId"]))
            return [{n: v for n, v in one.items() if n != "formId"} for one in rows]

        rows = self._portal.remembered(f"form {record_id}", ("form_submissions",), find)
        page, more = page_by_place(request, rows, default=20, most=MAX_SUBMISSIONS)
        return json_response({"results": page, **more})

    def list_campaigns(self, request: Request) -> Response:
        self._portal.allow("marketing.campaigns.read")
        wanted = names_of(request, "properties")
        rows = [
            {
                **{name: value for name, value in one.items() if name != "archived"},
                "properties": {name: one["properties"].get(name) for name in wanted},
            }
            for one in self._portal.tables["campaigns"]
            if not one.get("archived")
        ]
        page, more = page_by_place(request, rows, default=50, most=MAX_CAMPAIGNS)
        return json_response({"total": len(rows), "results": page, **more})

    def list_emails(self, request: Request) -> Response:
        self._portal.allow("marketing-email", "content")
        archived = flag_of(request, "archived")
        rows = [
            one for one in self._portal.tables["marketing_emails"] if one["archived"] is archived
        ]
        page, more = page_by_place(request, rows, default=10, most=100)
        return json_response({"total": len(rows), "results": page, **more})

    def email_events(self, request: Request) -> Response:
        """The newest first between two instants in epoch milliseconds, by an opaque offset."""
        self._portal.allow("content")
        limit = limit_of(request, default=10, most=MAX_EVENTS)
        since, until = (_epoch(request, name) for name in ("startTimestamp", "endTimestamp"))
        kind, start = request.args.get("eventType"), _place(request.args.get("offset"))

        def find() -> list[Record]:
            held = (
                one
                for one in self._portal.tables["email_events"]
                if (since is None or one["created"] >= since)
                and (until is None or one["created"] <= until)
                and kind in {None, one["type"]}
            )
            return sorted(held, key=lambda one: (-one["created"], one["id"]))

        found = self._portal.remembered(f"{since} {until} {kind}", ("email_events",), find)
        end = start + limit
        body = {"hasMore": end < len(found), "offset": _offset(end), "events": found[start:end]}
        return json_response(body)


def _epoch(request: Request, name: str) -> int | None:
    text = request.args.get(name)
    if text is not None and not text.isdigit():
        raise invalid(f"{name} must be epoch milliseconds, got {text!r}")
    return int(text) if text else None


def _offset(place: int) -> str:
    return f"E{place:08x}"


def _place(offset: str | None) -> int:
    try:
        return int(offset[1:], 16) if offset else 0
    except ValueError as error:
        raise invalid(f"offset {offset!r} is not one that was given out") from error
