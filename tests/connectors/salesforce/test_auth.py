"""The three ways into Salesforce, and what is said of its limits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from connectors.core import registry
from connectors.core.pace import Allowance
from connectors.core.source import HttpSource
from orchestration.app import App
from orchestration.steps import extract
from tests.emulated import Vendors

Install = Callable[[dict[str, str]], App]
USER = "integration@revops-lab.example"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2_048)


def pem(key: rsa.RSAPrivateKey, form: PrivateFormat) -> str:
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def certify(vendors: Vendors, key: rsa.RSAPrivateKey) -> None:
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    credentials = {"certificate": public.decode(), "username": USER}
    vendors.sandbox.vendors["salesforce"].credentials.update(credentials)


def signed(vendors: Vendors, text: str) -> dict[str, str]:
    settings = vendors.settings()
    del settings["REVOPS_SALESFORCE__CLIENT_SECRET"]
    return settings | {
        "REVOPS_SALESFORCE__GRANT": "jwt_bearer",
        "REVOPS_SALESFORCE__USERNAME": USER,
        "REVOPS_SALESFORCE__PRIVATE_KEY": text,
    }


def users(app: App) -> tuple[int, str]:
    result = extract(app, ["salesforce"])
    return result.exit_code, " ".join(one.error for one in result.streams if one.error)


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_a_signed_assertion_opens_the_org_whatever_form_the_key_has(
    installed: Install, vendors: Vendors, key: rsa.RSAPrivateKey, form: PrivateFormat
) -> None:
    certify(vendors, key)
    text = pem(key, form)
    app = installed(signed(vendors, text.replace("\n", "\\n")))
    assert users(app) == (0, "")


def test_an_assertion_is_signed_again_by_their_clock_when_ours_is_behind(
    installed: Install, vendors: Vendors, key: rsa.RSAPrivateKey
) -> None:
    certify(vendors, key)
    vendors.wait(400 * 86_400)
    assert users(installed(signed(vendors, pem(key, PrivateFormat.PKCS8)))) == (0, "")


def test_an_assertion_by_another_key_is_refused_and_the_settings_are_named(
    installed: Install, vendors: Vendors, key: rsa.RSAPrivateKey
) -> None:
    certify(vendors, rsa.generate_private_key(65_537, 2_048))
    exit_code, error = users(installed(signed(vendors, pem(key, PrivateFormat.PKCS8))))
    assert exit_code == 2
    assert "invalid assertion" in error
    assert "jwt_bearer" in error


def test_a_key_that_is_none_disables_the_vendor_without_showing_it(
    installed: Install, vendors: Vendors
) -> None:
    exit_code, error = users(installed(signed(vendors, "c2VjcmV0")))
    assert exit_code == 2
    assert "REVOPS_SALESFORCE__PRIVATE_KEY" in error
    assert "c2VjcmV0" not in error


@pytest.mark.parametrize("secret", [True, False])
def test_a_refresh_token_opens_the_org(installed: Install, vendors: Vendors, secret: bool) -> None:
    settings = vendors.settings() | {"REVOPS_SALESFORCE__GRANT": "refresh_token"}
    if not secret:
        del settings["REVOPS_SALESFORCE__CLIENT_SECRET"]
        vendors.sandbox.vendors["salesforce"].credentials.pop("client_secret")
    assert users(installed(settings)) == (0, "")


def test_a_refresh_token_that_was_revoked_is_a_wrong_credential(
    installed: Install, vendors: Vendors
) -> None:
    settings = vendors.settings() | {
        "REVOPS_SALESFORCE__GRANT": "refresh_token",
        "REVOPS_SALESFORCE__REFRESH_TOKEN": "revoked",
    }
    exit_code, error = users(installed(settings))
    assert exit_code == 2
    assert "expired or invalid refresh token" in error


@pytest.mark.parametrize(
    ("grant", "setting"),
    [("refresh_token", "REFRESH_TOKEN"), ("jwt_bearer", "USERNAME"), ("jwt_bearer", "PRIVATE_KEY")],
)
def test_a_grant_without_what_it_needs_disables_the_vendor(
    installed: Install, vendors: Vendors, grant: str, setting: str
) -> None:
    settings = vendors.settings() | {"REVOPS_SALESFORCE__GRANT": grant}
    settings.pop(f"REVOPS_SALESFORCE__{setting}", None)
    exit_code, error = users(installed(settings))
    assert exit_code == 2
    assert f"REVOPS_SALESFORCE__{setting} is not set" in error


def test_the_days_limit_is_read_out_of_every_answer() -> None:
    source = registry.source("salesforce")
    assert isinstance(source, HttpSource)
    assert source.allowances is not None
    header = "api-usage=18/5000; per-app-api-usage=17/250(appName=revops)"
    answer = httpx.Response(200, headers={"Sforce-Limit-Info": header})
    now = datetime(2026, 11, 20, tzinfo=UTC)
    assert source.allowances(answer, now) == [
        Allowance(5_000, 4_982, 86_400, per="day"),
        Allowance(250, 233, 86_400, per="day"),
    ]
    assert source.allowances(httpx.Response(200), now) == []
