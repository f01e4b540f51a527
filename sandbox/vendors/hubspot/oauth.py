"""HubSpot's OAuth: an app's refresh token gives access tokens that last half an hour."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from werkzeug.wrappers import Request, Response

from sandbox.vendor import Handler, json_response
from sandbox.vendors.hubspot.errors import refusal

if TYPE_CHECKING:
    from sandbox.vendors.hubspot.api import HubSpot

LIFETIME = timedelta(minutes=30)


class OAuth:
    """Who may come in: the private app's token, or one that was issued here and is not over."""

    def __init__(self, portal: HubSpot) -> None:
        self._portal = portal
        self.issued: dict[str, datetime] = {}

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        return (("POST", "/oauth/v3/token", self.token), ("POST", "/oauth/v1/token", self.token))

    def is_token_request(self, request: Request) -> bool:
        return request.path.endswith(("/oauth/v3/token", "/oauth/v1/token"))

    def lets_in(self, authorization: str) -> bool:
        token = authorization.removeprefix("Bearer ")
        until = self.issued.get(token)
        is_private = token == self._portal.credentials.get("token")
        return is_private or (until is not None and self._portal.clock.now() < until)

    def is_used(self, request: Request) -> bool:
        return request.headers.get("Authorization", "").removeprefix("Bearer ") in self.issued

    def expire(self) -> None:
        self.issued = dict.fromkeys(self.issued, self._portal.clock.now())

    def token(self, request: Request) -> Response:
        known, form = self._portal.credentials, request.form
        names = ("client_id", "client_secret", "refresh_token")
        if form.get("grant_type") != "refresh_token":
            raise refusal(400, "BAD_GRANT_TYPE", "missing or unknown grant_type")
        if any(not known.get(name) or form.get(name) != known[name] for name in names):
            raise refusal(400, "BAD_REFRESH_TOKEN", "missing or invalid refresh token")
        token = f"sandbox-{uuid4().hex}"
        self.issued[token] = self._portal.clock.now() + LIFETIME
        return json_response(
            {
                "token_type": "bearer",
                "refresh_token": form["refresh_token"],
                "access_token": token,
                "expires_in": int(LIFETIME.total_seconds()),
            }
        )
