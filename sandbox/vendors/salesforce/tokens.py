"""Who may have a Salesforce session: the three grants of a connected app."""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import jwt
from werkzeug.wrappers import Request

from sandbox.vendor import Refused
from sandbox.vendors.salesforce.errors import token_refusal

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCES = ["https://login.salesforce.com", "https://test.salesforce.com"]


def check_grant(request: Request, credentials: Mapping[str, Any], now: datetime) -> None:
    """Raise Refused unless the app that asks, and for whom it asks, are known."""
    grant = request.form.get("grant_type")
    if grant == JWT_BEARER:
        _check_assertion(request.form.get("assertion", ""), credentials, now)
        return
    _check_client(request, credentials)
    if grant not in {"client_credentials", "refresh_token"}:
        raise token_refusal("unsupported_grant_type", "grant type not supported")
    asked = request.form.get("refresh_token")
    if grant == "refresh_token" and asked != credentials.get(grant):
        raise token_refusal("invalid_grant", "expired or invalid refresh token")


def _check_client(request: Request, credentials: Mapping[str, Any]) -> None:
    """The app's key and secret, from the form or from a basic credential."""
    client_id, secret = _basic(request) or (
        request.form.get("client_id"),
        request.form.get("client_secret"),
    )
    if client_id != credentials.get("client_id"):
        raise token_refusal("invalid_client_id", "client identifier invalid")
    if secret != credentials.get("client_secret"):
        raise token_refusal("invalid_client", "invalid client credentials")


def _basic(request: Request) -> tuple[str, str] | None:
    kind, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if kind != "Basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return client_id, secret


def _check_assertion(assertion: str, credentials: Mapping[str, Any], now: datetime) -> None:
    """The signature by the app's certificate, for whom, to whom, and until when."""
    certificate = credentials.get("certificate")
    if not certificate:
        raise token_refusal("invalid_grant", "the app has no certificate")
    try:
        claims = jwt.decode(
            assertion,
            certificate,
            algorithms=["RS256"],
            audience=AUDIENCES,
            options={"verify_exp": False, "require": ["exp", "iss", "sub", "aud"]},
        )
    except jwt.InvalidAudienceError as error:
        raise _invalid_grant("audience is invalid") from error
    except jwt.PyJWTError as error:
        raise _invalid_grant("invalid assertion") from error
    if claims["iss"] != credentials.get("client_id"):
        raise token_refusal("invalid_client_id", "client identifier invalid")
    if claims["sub"] != credentials.get("username"):
        raise token_refusal("invalid_grant", "user hasn't approved this consumer")
    if claims["exp"] <= now.timestamp():
        raise token_refusal("invalid_grant", "expired authorization code")


def _invalid_grant(description: str) -> Refused:
    return token_refusal("invalid_grant", description)
