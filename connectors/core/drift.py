"""Notices that a vendor's fields are no longer those that staging reads."""

from __future__ import annotations

from collections.abc import Mapping

from warehouse.errors import Misconfigured


class Drifted(Misconfigured):
    """A field that a staging model needs is gone or has another type; nothing of it is landed."""


def staging_model(vendor: str, stream: str) -> str:
    """The model that reads a stream, by the naming rule of the staging layer."""
    return f"stg_{vendor}__{stream}"


def require_fields(
    vendor: str, stream: str, needed: Mapping[str, str | None], found: Mapping[str, str]
) -> None:
    """Compare what staging needs with what the vendor says it has.

    Args:
        vendor: the source's name.
        stream: the stream's name.
        needed: field -> the vendor's own type, or None where any will do.
        found: field -> type, as the vendor describes its object today.

    Raises:
        Drifted: naming the staging model and every field that vanished or changed its type.
    """
    wrong = [
        f"{name} is gone"
        if name not in found
        else f"{name} is now of type {found[name]}, it was {wanted}"
        for name, wanted in needed.items()
        if name not in found or wanted not in {None, found[name]}
    ]
    if wrong:
        raise Drifted(
            f"{vendor}.{stream} has changed: {'; '.join(wrong)}"
            f" (needed by {staging_model(vendor, stream)})",
            advice="nothing was landed under the new shape; restore the field or the right to see"
            f" it, or change the contract in connectors/{vendor}/records.py and the model",
        )
