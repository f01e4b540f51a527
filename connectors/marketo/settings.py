"""Marketo's account: where it is, what opens it, and from when on it is read."""

from __future__ import annotations

from datetime import date

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from connectors.core.settings import VendorSettings, load_vendor_settings

NAME = "marketo"
SCOPES = (
    "the custom service's API user needs a role with Read-Only Lead, Read-Only Activity and"
    " Read-Only Assets"
)


class MarketoSettings(VendorSettings):
    model_config = SettingsConfigDict(
        env_prefix="REVOPS_MARKETO__", env_file=".env", extra="ignore"
    )

    client_id: str
    client_secret: SecretStr
    # There was no Marketo before: by default nothing is left out.
    start: date = date(2006, 1, 1)
    # NOTES.md 3: a job's status does not move more often.
    poll_seconds: float = 60


def settings() -> MarketoSettings:
    return load_vendor_settings(MarketoSettings, NAME, SCOPES)
