"""Records in HubSpot's wire shape, and the definitions of their properties."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.instants import hubspot_instant
from sandbox.pipeline import HUBSPOT_STAGES
from sandbox.vendors.hubspot import engagements
from sandbox.vendors.hubspot.properties import MODIFIED_PROPERTY

LIFECYCLE = ("lead", "marketingqualifiedlead", "opportunity", "customer", "other")
SOURCES = ("ORGANIC_SEARCH", "EMAIL_MARKETING", "REFERRALS", "OFFLINE", "PAID_SEARCH")

# name: label, type, fieldType
_COMMON = {
    "hubspot_owner_id": ("Owner", "enumeration", "select"),
    "createdate": ("Create Date", "datetime", "date"),
    "hs_object_id": ("Record ID", "number", "number"),
}
_STANDARD: dict[str, dict[str, tuple[str, str, str]]] = {
    "companies": {
        "name": ("Company name", "string", "text"),
        "domain": ("Company Domain Name", "string", "text"),
        "website": ("Website URL", "string", "text"),
        "country": ("Country/Region", "string", "text"),
        "industry": ("Industry", "string", "text"),
        "numberofemployees": ("Number of Employees", "number", "number"),
        "lifecyclestage": ("Lifecycle Stage", "enumeration", "radio"),
        "hs_lastmodifieddate": ("Last Modified Date", "datetime", "date"),
        **_COMMON,
    },
    "contacts": {
        "email": ("Email", "string", "text"),
        "firstname": ("First Name", "string", "text"),
        "lastname": ("Last Name", "string", "text"),
        "jobtitle": ("Job Title", "string", "text"),
        "phone": ("Phone Number", "string", "phonenumber"),
        "country": ("Country/Region", "string", "text"),
        "lifecyclestage": ("Lifecycle Stage", "enumeration", "radio"),
        "associatedcompanyid": ("Primary Associated Company ID", "number", "number"),
        "hs_analytics_source": ("Original Traffic Source", "enumeration", "select"),
        "lastmodifieddate": ("Last Modified Date", "datetime", "date"),
        **_COMMON,
    },
    "deals": {
        "dealname": ("Deal Name", "string", "text"),
        "amount": ("Amount", "number", "number"),
        "deal_currency_code": ("Currency", "enumeration", "select"),
        "dealstage": ("Deal Stage", "enumeration", "radio"),
        "pipeline": ("Pipeline", "enumeration", "select"),
        "closedate": ("Close Date", "datetime", "date"),
        "dealtype": ("Deal Type", "enumeration", "radio"),
        "hs_deal_stage_probability": ("Deal probability", "number", "number"),
        "hs_is_closed": ("Is Closed", "bool", "booleancheckbox"),
        "hs_is_closed_won": ("Is Closed Won", "bool", "booleancheckbox"),
        "hs_next_step": ("Next step", "string", "text"),
        "closed_lost_reason": ("Closed Lost Reason", "string", "textarea"),
        "hs_primary_associated_company": ("Primary Company", "number", "number"),
        "hs_lastmodifieddate": ("Last Modified Date", "datetime", "date"),
        **_COMMON,
    },
}
REVOPS_PROPERTIES: dict[str, dict[str, tuple[str, str, str]]] = {
    "companies": {
        "revops_account_id": ("RevOps account", "string", "text"),
        "revops_account_score": ("RevOps account score", "number", "number"),
        "revops_account_tier": ("RevOps account tier", "enumeration", "select"),
        "revops_open_pipeline": ("RevOps open pipeline", "number", "number"),
        "revops_won_revenue": ("RevOps won revenue", "number", "number"),
        "revops_health": ("RevOps health", "enumeration", "select"),
        "revops_mrr": ("RevOps MRR", "number", "number"),
    },
    "contacts": {
        "revops_lead_score": ("RevOps lead score", "number", "number"),
        "revops_lead_grade": ("RevOps lead grade", "string", "text"),
        "revops_is_mql": ("RevOps MQL", "bool", "booleancheckbox"),
        "revops_next_action": ("RevOps next action", "string", "text"),
        "revops_next_action_reason": ("RevOps reason", "string", "textarea"),
    },
    "deals": {
        "salesforce_opportunity_id": ("Salesforce opportunity", "string", "text"),
        "revops_next_action": ("RevOps next action", "string", "text"),
        "revops_next_action_reason": ("RevOps reason", "string", "textarea"),
        "revops_days_in_stage": ("RevOps days in stage", "number", "number"),
    },
}
# What a record shows only once something happened to it.
_LATER = {
    kind: {"hs_merged_object_ids": ("Merged record IDs", "string", "text")}
    for kind in ("companies", "contacts", "deals")
}
_OPTIONS: dict[str, tuple[str, ...]] = {
    **engagements.OPTIONS,
    "lifecyclestage": LIFECYCLE,
    "revops_account_tier": ("A", "B", "C"),
    "revops_health": ("green", "yellow", "red", "insufficient"),
    "dealstage": tuple(HUBSPOT_STAGES),
    "pipeline": ("default",),
    "dealtype": ("newbusiness", "existingbusiness"),
    "deal_currency_code": ("USD",),
    "hs_analytics_source": SOURCES,
}
_READ_ONLY = {
    "hs_object_id",
    "hs_lastmodifieddate",
    "lastmodifieddate",
    "hs_is_closed",
    "hs_is_closed_won",
    "hs_deal_stage_probability",
    "hs_merged_object_ids",
    "hs_createdate",
}
_UNIQUE = {("contacts", "email"), ("companies", "hs_object_id")}


def property_definition(
    object_type: str,
    name: str,
    shape: tuple[str, str, str],
    at: datetime,
    *,
    custom: bool,
    options: tuple[str, ...] = (),
) -> dict[str, Any]:
    """One line of properties.ndjson: the properties API's shape plus `objectType`."""
    label, type_, field_type = shape
    options = options or _OPTIONS.get(name, ())
    return {
        "objectType": object_type,
        "name": name,
        "label": label,
        "description": "",
        "type": type_,
        "fieldType": field_type,
        "groupName": "revops" if custom else f"{object_type}information",
        "options": [
            {"label": option, "value": option, "displayOrder": order, "hidden": False}
            for order, option in enumerate(options)
        ],
        "displayOrder": -1,
        "calculated": False,
        "externalOptions": name == "hubspot_owner_id",
        "hasUniqueValue": (object_type, name) in _UNIQUE,
        "hidden": False,
        "hubspotDefined": not custom,
        "formField": not custom,
        "archived": False,
        "createdAt": hubspot_instant(at),
        "updatedAt": hubspot_instant(at),
        "modificationMetadata": {
            "archivable": custom,
            "readOnlyDefinition": not custom,
            "readOnlyValue": name in _READ_ONLY,
        },
    }


def property_definitions(at: datetime) -> list[dict[str, Any]]:
    """Every standard property of the three objects, the custom ones, and the activities'."""
    families = (
        (False, _STANDARD),
        (True, REVOPS_PROPERTIES),
        (False, _LATER),
        (False, engagements.SHAPES),
    )
    return [
        property_definition(object_type, name, shape, at, custom=custom)
        for custom, family in families
        for object_type, shapes in family.items()
        for name, shape in shapes.items()
    ]


def crm_record(
    object_type: str,
    record_id: str,
    properties: Mapping[str, str | None],
    created: datetime,
    updated: datetime,
) -> dict[str, Any]:
    """A company, contact or deal; every defined property is present, absent ones as null."""
    defined = {**_STANDARD[object_type], **REVOPS_PROPERTIES[object_type]}
    values: dict[str, str | None] = dict.fromkeys(defined)
    values.update(properties)
    values["createdate"] = hubspot_instant(created)
    values[MODIFIED_PROPERTY[object_type]] = hubspot_instant(updated)
    values["hs_object_id"] = record_id
    return {
        "id": record_id,
        "properties": values,
        "createdAt": hubspot_instant(created),
        "updatedAt": hubspot_instant(updated),
        "archived": False,
    }


def owner_record(
    owner_id: int, email: str, first: str, last: str, created: datetime
) -> dict[str, Any]:
    stamp = hubspot_instant(created)
    return {
        "id": str(owner_id),
        "email": email,
        "type": "PERSON",
        "firstName": first,
        "lastName": last,
        "userId": owner_id - 40_000_000,
        "createdAt": stamp,
        "updatedAt": stamp,
        "archived": False,
    }


def list_record(number: int, name: str, processing: str, stamps: dict[str, str]) -> dict[str, Any]:
    """A list of contacts; `stamps` are its createdAt and updatedAt."""
    return {
        "listId": str(number),
        "listVersion": 1,
        "name": name,
        "objectTypeId": "0-1",
        "processingType": processing,
        "processingStatus": "COMPLETE",
        "createdById": "29999137",
        "updatedById": "29999137",
        **stamps,
    }


def target_list(number: int, made: datetime) -> dict[str, Any]:
    """The list that the sync `hubspot_abm_list` writes to; nobody is on it before."""
    stamp = hubspot_instant(made)
    stamps = {"createdAt": stamp, "updatedAt": stamp}
    return list_record(number, "RevOps target accounts", "MANUAL", stamps)
