"""How users end: deleted, when they can still be looked at, and then deleted for good."""

from collections.abc import Callable, Iterable

from werkzeug.wrappers import Request, Response

from sandbox.instants import SandboxClock
from sandbox.store import Record, Table
from sandbox.vendor import Handler, json_response
from sandbox.vendors.zendesk.errors import not_found

_PERSONAL = ("email", "phone", "external_id", "time_zone", "locale")
_FOR_GOOD = "Permanently Deleted User"


class Deletions:
    """Users only; `deleted` is how a record looks once it is."""

    def __init__(
        self,
        users: Table,
        clock: SandboxClock,
        commit: Callable[[list[tuple[str, Record]]], None],
        deleted: Callable[..., Record],
    ) -> None:
        self._users, self._clock, self._commit, self._deleted = users, clock, commit, deleted

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        paths: tuple[tuple[str, str, Handler], ...] = (
            ("DELETE", "/api/v2/users/<int:record_id>", self.delete),
            ("GET", "/api/v2/deleted_users/<int:record_id>", self.show),
            ("DELETE", "/api/v2/deleted_users/<int:record_id>", self.delete_for_good),
        )
        return [
            (method, f"{path}{ending}", handler)
            for method, path, handler in paths
            for ending in ("", ".json")
        ]

    def delete(self, request: Request, record_id: int) -> Response:  # noqa: ARG002  # a handler
        user = self._users.get(str(record_id))
        if user is None or not user["active"]:
            raise not_found()
        gone = self._deleted("users", user, self._clock.now())
        self._commit([("users", gone)])
        return json_response({"user": gone})

    def show(self, request: Request, record_id: int) -> Response:  # noqa: ARG002  # a handler
        return json_response({"deleted_user": self._found(record_id)})

    def delete_for_good(self, request: Request, record_id: int) -> Response:  # noqa: ARG002
        user = self._found(record_id)
        blank = {**user, **dict.fromkeys(_PERSONAL), "name": _FOR_GOOD, "user_fields": {}}
        self._commit([("users", self._deleted("users", blank, self._clock.now()))])
        return json_response({"deleted_user": blank})

    def _found(self, record_id: int) -> Record:
        user = self._users.get(str(record_id))
        if user is None or user["active"] or user["name"] == _FOR_GOOD:
            raise not_found()
        return user
