"""What one contestant is asked to do, and the shape of the contacts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.pages import PAGE

PROPERTIES = {
    "associatedcompanyid": "bigint",
    "company": "varchar",
    "country": "varchar",
    "createdate": "timestamptz",
    "email": "varchar",
    "firstname": "varchar",
    "hs_analytics_source": "varchar",
    "hs_merged_object_ids": "varchar",
    "hs_object_id": "bigint",
    "hubspot_owner_id": "bigint",
    "jobtitle": "varchar",
    "lastmodifieddate": "timestamptz",
    "lastname": "varchar",
    "lifecyclestage": "varchar",
    "phone": "varchar",
}


@dataclass(frozen=True)
class Job:
    """Land the first `rows` contacts of the server at `server` into files below `folder`.

    `lines` holds the same contacts as NDJSON, for who is allowed not to split pages.
    """

    server: str
    rows: int
    folder: Path
    lines: Path

    @property
    def base_url(self) -> str:
        return f"{self.server}/rows/{self.rows}"

    @property
    def query(self) -> dict[str, str]:
        return {"limit": str(PAGE), "properties": ",".join(PROPERTIES), "archived": "false"}

    def pages(self) -> list[str]:
        """The address of every page, as who knows them all beforehand would ask."""
        listed = f"{self.base_url}/crm/v3/objects/contacts?{urlencode(self.query)}"
        return [f"{listed}&after={start}" for start in range(0, self.rows, PAGE)]
