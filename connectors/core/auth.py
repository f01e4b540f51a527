"""How requests are authorised: `httpx.Auth` flows, so that no connector writes a header."""

from __future__ import annotations

import math
import time
from collections.abc import Generator

import httpx


class BearerAuth(httpx.Auth):
    """A token that does not expire."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class ClientCredentialsAuth(httpx.Auth):
    """OAuth 2.0 client credentials (RFC 6749 section 4.4); a 401 fetches a new token once."""

    requires_response_body = True

    def __init__(self, token_url: str, client_id: str, client_secret: str) -> None:
        self._token_url = token_url
        self._form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        self._token: str | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._token is None:
            answer = yield self._token_request()
            if not self._take_token(answer):
                # The token endpoint's own answer says why: it is what the caller must see.
                return
        request.headers["Authorization"] = f"Bearer {self._token}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            answer = yield self._token_request()
            if self._take_token(answer):
                request.headers["Authorization"] = f"Bearer {self._token}"
                yield request

    def secrets(self) -> list[str]:
        """What was issued meanwhile and must never be shown."""
        return [self._token] if self._token else []

    def _token_request(self) -> httpx.Request:
        return httpx.Request("POST", self._token_url, data=self._form)

    def _take_token(self, answer: httpx.Response) -> bool:
        if not answer.is_success:
            return False
        try:
            self._token = str(answer.json()["access_token"])
        except (ValueError, LookupError, TypeError):
            # Its text, which may hold half a token, stays out of the error.
            raise httpx.DecodingError("The token endpoint's answer holds no token") from None
        return True


class RefreshTokenAuth(ClientCredentialsAuth):
    """OAuth 2.0 refresh token (RFC 6749 section 6): renewed before it ends, or on a 401 once."""

    # A token that ends while a request is on its way is no use.
    _MARGIN = 60.0

    def __init__(
        self, token_url: str, client_id: str, client_secret: str, refresh_token: str
    ) -> None:
        super().__init__(token_url, client_id, client_secret)
        self._form |= {"grant_type": "refresh_token", "refresh_token": refresh_token}
        self._until = 0.0

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if time.monotonic() >= self._until:
            self._token = None
        yield from super().auth_flow(request)

    def secrets(self) -> list[str]:
        return [*super().secrets(), self._form["refresh_token"]]

    def _take_token(self, answer: httpx.Response) -> bool:
        if not super()._take_token(answer):
            return False
        body = answer.json()
        self._until = time.monotonic() + float(body.get("expires_in", math.inf)) - self._MARGIN
        # Some vendors give a new one with each use, and end the old one.
        self._form["refresh_token"] = body.get("refresh_token") or self._form["refresh_token"]
        return True
