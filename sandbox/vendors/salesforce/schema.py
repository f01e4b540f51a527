"""The fields of the emulated Salesforce objects, and how describe shows them."""

from typing import Any

from sandbox.vendors.salesforce.ids import KEY_PREFIX

_STAMPS = {
    "CreatedDate": "datetime",
    "LastModifiedDate": "datetime",
    "SystemModstamp": "datetime",
}
FIELDS: dict[str, dict[str, str]] = {
    "Account": {
        "Id": "id",
        "Name": "string",
        "Website": "url",
        "Industry": "picklist",
        "NumberOfEmployees": "int",
        "BillingCountry": "string",
        "Type": "picklist",
        "OwnerId": "reference",
        "ParentId": "reference",
        "MasterRecordId": "reference",
        "IsDeleted": "boolean",
        **_STAMPS,
    },
    "Contact": {
        "Id": "id",
        "AccountId": "reference",
        "FirstName": "string",
        "LastName": "string",
        "Email": "email",
        "Title": "string",
        "Department": "string",
        "Phone": "phone",
        "MailingCountry": "string",
        "LeadSource": "picklist",
        "OwnerId": "reference",
        "MasterRecordId": "reference",
        "IsDeleted": "boolean",
        **_STAMPS,
    },
    "Opportunity": {
        "Id": "id",
        "AccountId": "reference",
        "OwnerId": "reference",
        "Name": "string",
        "Type": "picklist",
        "Amount": "currency",
        "StageName": "picklist",
        "Probability": "percent",
        "ForecastCategoryName": "picklist",
        "IsClosed": "boolean",
        "IsWon": "boolean",
        "CloseDate": "date",
        "NextStep": "string",
        "IsDeleted": "boolean",
        **_STAMPS,
    },
    "User": {
        "Id": "id",
        "Name": "string",
        "Email": "email",
        "IsActive": "boolean",
        "ManagerId": "reference",
        "Department": "string",
        "LastLoginDate": "datetime",
        **_STAMPS,
    },
}
_REFERENCES = {
    "AccountId": "Account",
    "ParentId": "Account",
    "OwnerId": "User",
    "ManagerId": "User",
}
_REQUIRED = {"Id", "IsDeleted", "CreatedDate", "LastModifiedDate", "SystemModstamp"}
_READ_ONLY = _REQUIRED | {"IsClosed", "IsWon", "MasterRecordId"}


def object_name(name: str) -> str | None:
    """The object's own spelling, None when there is none such."""
    return next((known for known in FIELDS if known.lower() == name.lower()), None)


def summary(kind: str, root: str) -> dict[str, Any]:
    """An object's line in `/sobjects`."""
    return {
        "name": kind,
        "label": kind,
        "labelPlural": f"{kind}s",
        "keyPrefix": KEY_PREFIX[kind],
        "custom": False,
        "queryable": True,
        "retrieveable": True,
        "replicateable": True,
        "updateable": True,
        "createable": True,
        "deletable": kind != "User",
        "urls": {
            "sobject": f"{root}/sobjects/{kind}",
            "describe": f"{root}/sobjects/{kind}/describe",
            "rowTemplate": f"{root}/sobjects/{kind}/{{ID}}",
        },
    }


def description(kind: str, root: str) -> dict[str, Any]:
    fields = [_field(kind, name, type_) for name, type_ in FIELDS[kind].items()]
    return {
        **summary(kind, root),
        "fields": fields,
        "recordTypeInfos": [],
        "childRelationships": [],
    }


def _field(kind: str, name: str, type_: str) -> dict[str, Any]:
    target = kind if name == "MasterRecordId" else _REFERENCES.get(name)
    return {
        "name": name,
        "label": name,
        "type": type_,
        "length": 18 if type_ in {"id", "reference"} else 255,
        "nillable": name not in _REQUIRED,
        "calculated": False,
        "custom": False,
        "createable": name not in _READ_ONLY,
        "updateable": name not in _READ_ONLY,
        "filterable": True,
        "sortable": True,
        "externalId": False,
        "unique": False,
        "idLookup": name == "Id",
        "picklistValues": [],
        "referenceTo": [target] if target else [],
        "relationshipName": name.removesuffix("Id") if target else None,
        "compoundFieldName": None,
    }
