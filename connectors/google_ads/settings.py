"""Google Ads' account: which customers, what opens them, and how far back figures are read."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, HttpUrl, SecretStr
from pydantic_settings import SettingsConfigDict

from connectors.core.settings import VendorSettings, load_vendor_settings

NAME = "google_ads"
SCOPES = (
    "the OAuth client needs the scope https://www.googleapis.com/auth/adwords, its user must see"
    " the customers, and the developer token needs basic access; to write customer lists it needs"
    " https://www.googleapis.com/auth/datamanager, too"
)
GOOGLE = "googleapis.com"
DATA_MANAGER = "https://datamanager.googleapis.com"
GOOGLE_TOKENS = "https://oauth2.googleapis.com/token"


class GoogleAdsSettings(VendorSettings):
    model_config = SettingsConfigDict(
        env_prefix="REVOPS_GOOGLE_ADS__", env_file=".env", extra="ignore"
    )

    base_url: HttpUrl = HttpUrl("https://googleads.googleapis.com")
    client_id: str
    client_secret: SecretStr
    refresh_token: SecretStr
    developer_token: SecretStr
    # One or more, separated by commas; the dashes of the user interface may stay.
    customer_ids: str
    # The manager account through which the customers are seen, if there is one.
    login_customer_id: str | None = None
    api_version: str = "v25"
    # Somebody has accepted the Customer Match terms for these accounts; no customer list is
    # written before that is said.
    customer_match_terms: Literal["accepted"] | None = None
    # The first day that Google Ads existed: by default nothing is left out.
    start: date = date(2000, 10, 1)
    # NOTES.md 2: how long conversions and costs are restated.
    restated_days: int = Field(default=30, ge=0)

    @property
    def customers(self) -> list[str]:
        return [_digits(one) for one in self.customer_ids.split(",") if _digits(one)]

    @property
    def manager(self) -> str:
        return _digits(self.login_customer_id or "")

    @property
    def token_url(self) -> str:
        """Google's own; beside the API where that is not Google."""
        return GOOGLE_TOKENS if self._is_google else f"{self.url}/token"

    @property
    def data_manager_url(self) -> str:
        """Where customer lists are written: an API of Google's own, beside the other likewise."""
        return DATA_MANAGER if self._is_google else self.url

    @property
    def _is_google(self) -> bool:
        return (self.base_url.host or "").endswith(GOOGLE)


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


def settings() -> GoogleAdsSettings:
    return load_vendor_settings(GoogleAdsSettings, NAME, SCOPES)
