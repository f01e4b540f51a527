"""Records in Salesforce's wire shape."""

from datetime import datetime
from typing import Any

from sandbox.instants import salesforce_instant
from sandbox.vendors.salesforce.schema import FIELDS

API_VERSION = "v62.0"


def sobject(
    kind: str, record_id: str, fields: dict[str, Any], created: datetime, updated: datetime
) -> dict[str, Any]:
    """A record with the stamps that its object has; histories have fewer than the others."""
    stamps = {
        "CreatedDate": salesforce_instant(created),
        "LastModifiedDate": salesforce_instant(updated),
        "SystemModstamp": salesforce_instant(updated),
    }
    return {
        "attributes": {
            "type": kind,
            "url": f"/services/data/{API_VERSION}/sobjects/{kind}/{record_id}",
        },
        "Id": record_id,
        **fields,
        **{name: stamp for name, stamp in stamps.items() if name in FIELDS[kind]},
    }
