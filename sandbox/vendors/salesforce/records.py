"""Records in Salesforce's wire shape."""

from datetime import datetime
from typing import Any

from sandbox.instants import salesforce_instant

API_VERSION = "v62.0"


def sobject(
    kind: str, record_id: str, fields: dict[str, Any], created: datetime, updated: datetime
) -> dict[str, Any]:
    return {
        "attributes": {
            "type": kind,
            "url": f"/services/data/{API_VERSION}/sobjects/{kind}/{record_id}",
        },
        "Id": record_id,
        **fields,
        "CreatedDate": salesforce_instant(created),
        "LastModifiedDate": salesforce_instant(updated),
        "SystemModstamp": salesforce_instant(updated),
    }
