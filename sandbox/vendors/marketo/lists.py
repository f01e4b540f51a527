"""Static lists and partitions: which there are, and who stands in the lists."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from sandbox.vendor import Handler
from sandbox.vendors.marketo.errors import refusal, success
from sandbox.vendors.marketo.paging import numbers
from sandbox.vendors.marketo.writes import PARTITIONS, read_inputs, skipped

if TYPE_CHECKING:
    from sandbox.vendors.marketo.api import Marketo

Record = dict[str, Any]


class StaticLists:
    """The lists of one subscription."""

    def __init__(self, marketo: "Marketo") -> None:
        self._marketo = marketo

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        members = "/rest/v1/lists/<int:list_id>/leads.json"
        return (
            ("GET", "/rest/v1/lists.json", self.find),
            ("GET", "/rest/v1/leads/partitions.json", self.partitions),
            ("POST", members, self.add),
            ("DELETE", members, self.remove),
            ("GET", "/rest/v1/lists/<int:list_id>/leads/ismember.json", self.are_members),
        )

    def find(self, request: Request) -> Response:
        ids = numbers(request, "id")
        names = set(",".join(request.args.getlist("name")).split(",")) - {""}
        found = [
            one
            for one in self._marketo.tables["static_lists"]
            if (not ids or one["id"] in ids) and (not names or one["name"] in names)
        ]
        return success(found)

    def partitions(self, request: Request) -> Response:  # noqa: ARG002  # a handler
        return success([{"id": number, "name": name} for name, number in PARTITIONS.items()])

    def add(self, request: Request, list_id: int) -> Response:
        return self._put(request, list_id, is_in=True)

    def remove(self, request: Request, list_id: int) -> Response:
        return self._put(request, list_id, is_in=False)

    def are_members(self, request: Request, list_id: int) -> Response:
        self._check(list_id)

        def told(lead: int) -> Record:
            return {"id": lead, "status": "memberof" if self._has(list_id, lead) else "notmemberof"}

        return success([self._of_lead(one, told) for one in sorted(numbers(request, "id"))])

    def _put(self, request: Request, list_id: int, *, is_in: bool) -> Response:
        self._check(list_id)
        changes: list[tuple[str, Record]] = []

        def put(lead: int) -> Record:
            if not is_in and not self._has(list_id, lead):
                return {"id": lead, "status": "notmemberof"}
            changes.append(
                ("list_members", {"listId": list_id, "leadId": lead, "isDeleted": not is_in})
            )
            return {"id": lead, "status": "added" if is_in else "removed"}

        rows = read_inputs(request.get_json(silent=True))
        if not all(isinstance(one.get("id"), int) for one in rows):
            raise refusal(1001, "Invalid value of 'id'. Required of type 'Integer'")
        answers = [self._of_lead(one["id"], put) for one in rows]
        self._marketo.commit(changes)
        return success(answers)

    def _check(self, list_id: int) -> None:
        if self._marketo.tables["static_lists"].get(str(list_id)) is None:
            raise refusal(1013, f"List with id '{list_id}' not found")

    def _of_lead(self, lead: int, told: Callable[[int], Record]) -> Record:
        found = self._marketo.tables["leads"].get(str(lead))
        if found is None or found.get("isDeleted"):
            return {"id": lead, **skipped(1004, "Lead not found")}
        return told(lead)

    def _has(self, list_id: int, lead: int) -> bool:
        found = self._marketo.tables["list_members"].get(f"{list_id}-{lead}")
        return found is not None and not found["isDeleted"]
