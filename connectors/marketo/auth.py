"""Marketo's sign-in: its refusals of a token come with the status 200."""

from __future__ import annotations

from collections.abc import Generator

import httpx

from connectors.marketo.answers import error_codes

_TOKEN_PATH = "/identity/oauth/token"  # noqa: S105 - a path
_STALE = {"601", "602"}


class MarketoAuth(httpx.Auth):
    """Client credentials, as Marketo wants them: in the address of the request for a token.

    The same token is given until it expires. A token that is not accepted is renewed once.
    """

    requires_response_body = True

    def __init__(self, base_url: str, client_id: str, client_secret: str) -> None:
        self._url = base_url + _TOKEN_PATH
        self._asked = {
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
        if _STALE & set(error_codes(response)):
            answer = yield self._token_request()
            if self._take_token(answer):
                request.headers["Authorization"] = f"Bearer {self._token}"
                yield request

    def secrets(self) -> list[str]:
        """What was issued meanwhile and must never be shown."""
        return [self._token] if self._token else []

    def _token_request(self) -> httpx.Request:
        return httpx.Request("POST", self._url, params=self._asked)

    def _take_token(self, answer: httpx.Response) -> bool:
        if not answer.is_success:
            return False
        try:
            self._token = str(answer.json()["access_token"])
        except (ValueError, LookupError, TypeError):
            # Its text, which may hold half a token, stays out of the error.
            raise httpx.DecodingError("The token endpoint's answer holds no token") from None
        return True
