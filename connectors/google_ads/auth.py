"""Google's sign-in: a refresh token for access tokens, and the developer's own token."""

from __future__ import annotations

from collections.abc import Generator

import httpx

from connectors.core.auth import ClientCredentialsAuth
from connectors.google_ads.settings import GoogleAdsSettings


class GoogleAdsAuth(ClientCredentialsAuth):
    """OAuth 2.0 refresh token (RFC 6749 section 6); a 401 fetches a new token once."""

    def __init__(self, own: GoogleAdsSettings) -> None:
        super().__init__(own.token_url, own.client_id, own.client_secret.get_secret_value())
        refresh_token = own.refresh_token.get_secret_value()
        self._form |= {"grant_type": "refresh_token", "refresh_token": refresh_token}
        self._headers = {"developer-token": own.developer_token.get_secret_value()}
        if own.manager:
            self._headers["login-customer-id"] = own.manager

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers.update(self._headers)
        yield from super().auth_flow(request)
