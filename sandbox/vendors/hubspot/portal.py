"""The portal around the records: owners, property definitions, pipelines, account details."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from sandbox.pipeline import HUBSPOT_STAGES
from sandbox.store import Record
from sandbox.vendor import Handler, json_response
from sandbox.vendors.hubspot.associations import OBJECT_TYPE_IDS
from sandbox.vendors.hubspot.errors import invalid
from sandbox.vendors.hubspot.paging import after_of, body_of, flag_of, limit_of, paging
from sandbox.vendors.hubspot.properties import CUSTOM_OBJECT, MODIFIED_PROPERTY

if TYPE_CHECKING:
    from sandbox.vendors.hubspot.api import HubSpot

MAX_OWNERS = 500
_DEFINITIONS = "/crm/v3/properties/<object_type>"
ACCOUNT = {
    "portalId": 24_680_135,
    "accountType": "STANDARD",
    "timeZone": "Asia/Tokyo",
    "companyCurrency": "USD",
    "additionalCurrencies": [],
    "utcOffset": "+09:00",
    "utcOffsetMilliseconds": 32_400_000,
    "uiDomain": "app.hubspot.com",
    "dataHostingLocation": "na1",
}
FULL_NAME = f"p{ACCOUNT['portalId']}_{CUSTOM_OBJECT}"
# Every object also answers to its type id; the portal's own also to the name that is its alone.
TYPE_IDS = {type_id: kind for kind, type_id in OBJECT_TYPE_IDS.items()} | {FULL_NAME: CUSTOM_OBJECT}


class Portal:
    """Answers what is about the account rather than about its customers."""

    def __init__(self, vendor: HubSpot) -> None:
        self._vendor = vendor

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        return (
            ("GET", "/crm/v3/owners", self.list_owners),
            ("GET", "/crm-object-schemas/v3/schemas", self.list_schemas),
            ("GET", "/crm-object-schemas/v3/schemas/<object_type>", self.get_schema),
            ("GET", _DEFINITIONS, self.list_properties),
            ("POST", _DEFINITIONS, self.create_property),
            ("GET", f"{_DEFINITIONS}/<property_name>", self.get_property),
            ("DELETE", f"{_DEFINITIONS}/<property_name>", self.archive_property),
            ("GET", "/crm/v3/pipelines/<object_type>", self.list_pipelines),
            ("GET", "/account-info/v3/details", self.account_details),
        )

    def list_owners(self, request: Request) -> Response:
        self._vendor.allow("crm.objects.owners.read")
        limit = limit_of(request, default=100, most=MAX_OWNERS)
        archived, email = flag_of(request, "archived"), request.args.get("email")
        rows = (
            owner
            for owner in self._vendor.tables["owners"].after(after_of(request))
            if owner["archived"] is archived and email in {None, owner["email"]}
        )
        page = list(islice(rows, limit + 1))
        more = paging(request, page[limit - 1]["id"]) if len(page) > limit else {}
        return json_response({"results": page[:limit], **more})

    def account_details(self, request: Request) -> Response:  # noqa: ARG002  # a handler
        return json_response(ACCOUNT)

    def list_schemas(self, request: Request) -> Response:  # noqa: ARG002  # a handler
        self._vendor.allow("crm.schemas.custom.read")
        return json_response({"results": [self._custom_schema()]})

    def get_schema(self, request: Request, object_type: str) -> Response:  # noqa: ARG002
        self._vendor.allow("crm.schemas.custom.read")
        if self._vendor.kind_of(object_type) != CUSTOM_OBJECT:
            raise invalid(f"Unable to infer object type from: {object_type}")
        return json_response(self._custom_schema())

    def _custom_schema(self) -> Record:
        """What the portal says of its own object; nothing of who may see it."""
        properties = self._vendor.definitions.all(CUSTOM_OBJECT)
        return {
            "id": OBJECT_TYPE_IDS[CUSTOM_OBJECT].partition("-")[2],
            "objectTypeId": OBJECT_TYPE_IDS[CUSTOM_OBJECT],
            "name": CUSTOM_OBJECT,
            "fullyQualifiedName": FULL_NAME,
            "labels": {"singular": "Contract", "plural": "Contracts"},
            "primaryDisplayProperty": "contract_number",
            "requiredProperties": ["contract_number"],
            "searchableProperties": ["contract_number"],
            "secondaryDisplayProperties": [],
            "properties": properties,
            "associations": [],
            "archived": False,
        }

    def list_properties(self, request: Request, object_type: str) -> Response:
        kind = self._schema(object_type, "read")
        archived = flag_of(request, "archived")
        found = self._vendor.definitions.all(kind, archived=archived)
        return json_response({"results": found})

    def get_property(self, request: Request, object_type: str, property_name: str) -> Response:  # noqa: ARG002
        kind = self._schema(object_type, "read")
        return json_response(self._vendor.definitions.one(kind, property_name))

    def create_property(self, request: Request, object_type: str) -> Response:
        kind, definitions = self._schema(object_type, "write"), self._vendor.definitions
        record = definitions.define(kind, body_of(request), self._vendor.clock.now())
        self._vendor.commit([("properties", record)])
        return json_response(definitions.one(kind, record["name"]), status=201)

    def archive_property(self, request: Request, object_type: str, property_name: str) -> Response:  # noqa: ARG002
        kind = self._schema(object_type, "write")
        definition = self._vendor.definitions.get(kind, property_name)
        if definition is not None and not definition["modificationMetadata"]["archivable"]:
            raise invalid(f"{property_name} is HubSpot's own and cannot be archived")
        if definition is not None:
            at = self._vendor.clock.now()
            gone = self._vendor.deleted("properties", definition, at)
            self._vendor.commit([("properties", gone)])
        return Response(status=204)

    def list_pipelines(self, request: Request, object_type: str) -> Response:  # noqa: ARG002
        kind = self._schema(object_type, "read")
        held = [p for p in self._vendor.tables["pipelines"] if p["objectType"] == kind]
        found = held or ([default_pipeline("2024-01-01T00:00:00.000Z")] if kind == "deals" else [])
        shown = [{n: v for n, v in one.items() if n != "objectType"} for one in found]
        return json_response({"results": [p for p in shown if not p["archived"]]})

    def _schema(self, object_type: str, action: str) -> str:
        kind = self._vendor.kind_of(object_type)
        if kind not in MODIFIED_PROPERTY:
            raise invalid(f"Unable to infer object type from: {object_type}")
        # Whoever may read the records may read their definitions.
        readable = (self._vendor.scope(kind, "read"),) if action == "read" else ()
        schema = "custom" if kind == CUSTOM_OBJECT else kind
        self._vendor.allow(*readable, f"crm.schemas.{schema}.{action}")
        return kind


def default_pipeline(at: str) -> Record:
    """The pipeline that every portal begins with, in the stages of `HUBSPOT_STAGES`."""
    return {
        "objectType": "deals",
        **pipeline("default", "Sales Pipeline", 0, at),
        "stages": [
            stage(name, facts.label, order, facts.probability, at)
            for order, (name, facts) in enumerate(HUBSPOT_STAGES.items())
        ],
    }


def pipeline(pipeline_id: str, label: str, order: int, at: str) -> dict[str, Any]:
    return {
        "id": pipeline_id,
        "label": label,
        "displayOrder": order,
        "createdAt": at,
        "updatedAt": at,
        "archived": False,
    }


def stage(stage_id: str, label: str, order: int, probability: str, at: str) -> dict[str, Any]:
    closed = str(probability in {"1.0", "0.0"}).lower()
    return {
        "id": stage_id,
        "label": label,
        "displayOrder": order,
        "metadata": {"isClosed": closed, "probability": probability},
        "createdAt": at,
        "updatedAt": at,
        "archived": False,
        "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
    }
