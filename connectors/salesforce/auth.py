"""The two other ways into Salesforce: a refresh token, or an assertion signed by a key."""

from __future__ import annotations

import base64
import binascii
import re
import time
from collections.abc import Generator
from contextlib import suppress
from email.utils import parsedate_to_datetime

import httpx
import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from connectors.core.auth import ClientCredentialsAuth

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# Salesforce takes no assertion that is good for longer than five minutes.
ASSERTION_SECONDS = 180


class RefreshTokenAuth(ClientCredentialsAuth):
    """OAuth 2.0 refresh token (RFC 6749 section 6); a 401 fetches a new session once."""

    def __init__(
        self, token_url: str, client_id: str, client_secret: str | None, refresh_token: str
    ) -> None:
        super().__init__(token_url, client_id, client_secret or "")
        self._form |= {"grant_type": "refresh_token", "refresh_token": refresh_token}
        if not client_secret:
            # An app may be set up so that refreshing needs no secret; an empty one is a wrong one.
            del self._form["client_secret"]


class JwtBearerAuth(ClientCredentialsAuth):
    """OAuth 2.0 JWT bearer (RFC 7523): who holds the key may act for `username`."""

    def __init__(
        self, token_url: str, client_id: str, *, username: str, key: RSAPrivateKey, audience: str
    ) -> None:
        super().__init__(token_url, client_id, "")
        self._claims = {"iss": client_id, "sub": username, "aud": audience}
        self._key = key
        self._ahead = 0.0

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """The flow of its base, but an assertion that is refused is signed by their clock once."""
        flow = super().auth_flow(request)
        answer: httpx.Response | None = None
        corrected = False
        with suppress(StopIteration):
            asked = next(flow)
            while True:
                answer = yield asked
                is_refused = asked.url == self._token_url and answer.status_code == 400
                if is_refused and not corrected and self._correct_clock(answer):
                    corrected = True
                    asked = self._token_request()
                    continue
                asked = flow.send(answer)

    def _correct_clock(self, answer: httpx.Response) -> bool:
        """Whether their clock is so far from ours that a signed term may have run out."""
        try:
            theirs = parsedate_to_datetime(answer.headers.get("Date", "")).timestamp()
        except ValueError:
            return False
        ahead = theirs - time.time()
        is_news = bool(abs(ahead - self._ahead) > ASSERTION_SECONDS / 2)
        self._ahead = ahead
        return is_news

    def _token_request(self) -> httpx.Request:
        term = {"exp": int(time.time() + self._ahead) + ASSERTION_SECONDS}
        assertion = jwt.encode(self._claims | term, self._key, algorithm="RS256")
        form = {"grant_type": JWT_BEARER, "assertion": assertion}
        return httpx.Request("POST", self._token_url, data=form)


def read_private_key(text: str) -> RSAPrivateKey:
    """An RSA key from its PEM text on one line, with or without the lines that frame it.

    Raises:
        ValueError: it is no unencrypted RSA private key.
    """
    body = re.sub(r"-----[A-Z ]+-----|\\n|\s", "", text)
    try:
        key = load_der_private_key(base64.b64decode(body, validate=True), password=None)
    except (ValueError, TypeError, binascii.Error, UnsupportedAlgorithm) as error:
        raise ValueError("it is no unencrypted RSA private key in PEM form") from error
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("it is a private key, but no RSA key")  # noqa: TRY004  # a wrong value
    return key
