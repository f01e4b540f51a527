"""What every vendor's settings have in common; a vendor adds what its own auth needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from pydantic import HttpUrl, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    SettingsConfigDict,
)

from warehouse.errors import Misconfigured

SettingsT = TypeVar("SettingsT", bound="SourceSettings")


class SourceSettings(BaseSettings):
    """`REVOPS_<SOURCE>__*`; a source whose required settings are not all set is disabled."""

    # A line left empty in .env is a setting that is not there.
    model_config = SettingsConfigDict(env_ignore_empty=True, str_strip_whitespace=True)

    def secrets(self) -> Iterator[str]:
        """The values that must never be shown."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, SecretStr):
                yield value.get_secret_value()


class VendorSettings(SourceSettings):
    """The settings of a vendor that is asked over HTTP."""

    base_url: HttpUrl

    @field_validator("*")
    @classmethod
    def _can_be_sent(cls, value: object) -> object:
        shown = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        if not (shown and shown.isascii() and shown.isprintable()):
            raise ValueError("it is empty, or holds a character that no header can carry")
        return value

    @property
    def url(self) -> str:
        return str(self.base_url).rstrip("/")


def credential_names(model: type[SourceSettings]) -> list[str]:
    """The settings that a credential is made of, as a user writes them."""
    prefix = model.model_config.get("env_prefix", "")
    return [
        f"{prefix}{name}".upper()
        for name, field in model.model_fields.items()
        if field.is_required() and name != "base_url"
    ]


def load_vendor_settings(model: type[SettingsT], vendor: str, scopes: str) -> SettingsT:
    """Read one vendor's settings.

    Raises:
        Misconfigured: naming every setting that is missing or wrong, and the scopes to ask for.
    """
    try:
        return model()
    except ValidationError as error:
        prefix = model.model_config.get("env_prefix", "")
        found = error.errors(include_input=False, include_url=False)
        wrong = [
            f"{prefix}{e['loc'][0]}".upper()
            + (" is not set" if e["type"] == "missing" else f": {e['msg']}")
            for e in found
        ]
        raise Misconfigured(
            f"{vendor} is disabled: {'; '.join(wrong)}",
            advice=f"set it in the environment or in .env; {scopes}",
        ) from None


def is_any_given(model: type[SourceSettings]) -> bool:
    """Whether the environment or `.env` says anything about this source."""
    given = {**DotEnvSettingsSource(model)(), **EnvSettingsSource(model)()}
    return not given.keys().isdisjoint(model.model_fields)
