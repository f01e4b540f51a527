"""Which fields leads and program members have, and which kinds of activity there are."""

from typing import Any

# Name, display name, type; the last seven were added by the company itself.
_LEAD_FIELDS = (
    ("id", "Id", "integer"),
    ("email", "Email Address", "email"),
    ("firstName", "First Name", "string"),
    ("lastName", "Last Name", "string"),
    ("company", "Company Name", "string"),
    ("title", "Job Title", "string"),
    ("phone", "Phone Number", "phone"),
    ("country", "Country", "string"),
    ("industry", "Industry", "string"),
    ("numberOfEmployees", "Num Employees", "integer"),
    ("leadSource", "Lead Source", "string"),
    ("leadStatus", "Lead Status", "string"),
    ("leadScore", "Lead Score", "score"),
    ("unsubscribed", "Unsubscribed", "boolean"),
    ("emailInvalid", "Email Invalid", "boolean"),
    ("originalSourceType", "Original Source Type", "string"),
    ("acquisitionProgramId", "Acquisition Program", "integer"),
    ("sfdcType", "SFDC Type", "string"),
    ("sfdcContactId", "SFDC Contact Id", "string"),
    ("sfdcAccountId", "SFDC Account Id", "string"),
    ("createdAt", "Created At", "datetime"),
    ("updatedAt", "Updated At", "datetime"),
    ("behaviorScore", "Behavior Score", "score"),
    ("preferredLanguage", "希望言語", "string"),
    ("annualBudget", "Annual Budget", "currency"),
    ("productInterest", "Product Interest", "text"),
    ("revopsLeadScore", "RevOps Lead Score", "integer"),
    ("revopsLeadGrade", "RevOps Lead Grade", "string"),
    ("revopsIsMql", "RevOps MQL", "boolean"),
)
_MEMBER_FIELDS = (
    ("leadId", "integer"),
    ("program", "string"),
    ("programId", "integer"),
    ("statusName", "string"),
    ("statusReason", "string"),
    ("reachedSuccess", "boolean"),
    ("reachedSuccessDate", "datetime"),
    ("acquiredBy", "boolean"),
    ("membershipDate", "datetime"),
    ("isExhausted", "boolean"),
    ("nurtureCadence", "string"),
    ("trackName", "string"),
    ("webinarUrl", "string"),
    ("registrationCode", "string"),
    ("createdAt", "datetime"),
    ("updatedAt", "datetime"),
)
_READ_ONLY = {"id", "createdAt", "updatedAt", "leadId", "programId", "program"}

NEW_LEAD, CHANGE_DATA_VALUE, MERGE_LEADS, DELETE_LEAD = 12, 13, 32, 37
# Id, name, primary attribute, its type, further attributes.
_ACTIVITY_TYPES = (
    (1, "Visit Webpage", "Webpage ID", ("Client IP Address", "Query Parameters", "Referrer URL",
                                        "User Agent", "Webpage URL")),
    (2, "Fill Out Form", "Webform ID", ("Client IP Address", "Form Fields", "Referrer URL",
                                        "Webpage ID")),
    (6, "Send Email", "Mailing ID", ("Campaign Run ID", "Choice Number")),
    (7, "Email Delivered", "Mailing ID", ("Campaign Run ID",)),
    (8, "Email Bounced", "Mailing ID", ("Category", "Details", "Email")),
    (9, "Unsubscribe Email", "Mailing ID", ("Client IP Address", "Form Fields")),
    (10, "Open Email", "Mailing ID", ("Device", "Is Mobile Device", "Platform")),
    (11, "Click Email", "Mailing ID", ("Device", "Is Mobile Device", "Link", "Link ID")),
    (NEW_LEAD, "New Lead", None, ("Created Date", "Lead Source", "Source Type")),
    (CHANGE_DATA_VALUE, "Change Data Value", "Attribute Name",
     ("New Value", "Old Value", "Reason", "Source")),
    (22, "Change Score", "Score Name", ("Change Value", "New Value", "Old Value", "Reason")),
    (MERGE_LEADS, "Merge Leads", "Lead ID", ("Master Updated", "Merge Fields", "Merge IDs",
                                             "Merge Source", "Merged in Sales")),
    (DELETE_LEAD, "Delete Lead", "Lead ID", ("Campaign", "Remove from CRM")),
    (104, "Change Status in Progression", "Program ID",
     ("Acquired By", "New Status", "Old Status", "Program Member ID", "Success")),
)  # fmt: skip

LEAD_FIELD_NAMES = tuple(name for name, _, _ in _LEAD_FIELDS)
MEMBER_FIELD_NAMES = tuple(name for name, _ in _MEMBER_FIELDS)
SEARCHABLE = ("id", "email", "sfdcContactId", "sfdcAccountId")


def lead_field_definitions() -> list[dict[str, Any]]:
    return [_definition(name, shown, kind) for name, shown, kind in _LEAD_FIELDS]


def member_field_definitions() -> list[dict[str, Any]]:
    return [_definition(name, name, kind) for name, kind in _MEMBER_FIELDS]


def field_number(name: str) -> int:
    """The id that a lead field has in the log of changes."""
    return LEAD_FIELD_NAMES.index(name) + 40


def activity_type_definitions() -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "name": name,
            "description": f"{name}.",
            "primaryAttribute": {"name": primary or "", "dataType": "integer"},
            "attributes": [{"name": one, "dataType": "string"} for one in attributes],
        }
        for number, name, primary, attributes in _ACTIVITY_TYPES
    ]


def _definition(name: str, shown: str, kind: str) -> dict[str, Any]:
    return {
        "name": name,
        "displayName": shown,
        "dataType": kind,
        **({"length": 255} if kind in {"string", "email", "phone"} else {}),
        "updateable": name not in _READ_ONLY,
        "crmManaged": name.startswith("sfdc"),
    }
