"""The fields of the emulated Salesforce objects, and how describe shows them."""

from collections.abc import Mapping
from typing import Any

from sandbox.vendors.salesforce.ids import KEY_PREFIX

FieldTypes = dict[str, str]

_STAMPS = {
    "CreatedDate": "datetime",
    "LastModifiedDate": "datetime",
    "SystemModstamp": "datetime",
}
_ACTIVITY = {
    "WhoId": "reference",
    "WhatId": "reference",
    "AccountId": "reference",
    "OwnerId": "reference",
    "Subject": "string",
    "Type": "picklist",
    "ActivityDate": "date",
    "Description": "textarea",
    "IsArchived": "boolean",
    "IsDeleted": "boolean",
}
FIELDS: dict[str, FieldTypes] = {
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
        "CurrencyIsoCode": "picklist",
        "Region__c": "string",
        "Revops_Account_Id__c": "string",
        "Revops_Account_Score__c": "double",
        "Revops_Account_Tier__c": "string",
        "Revops_Health__c": "string",
        "Revops_Health_Score__c": "double",
        "Revops_Mrr__c": "currency",
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
        "CampaignId": "reference",
        "IsDeleted": "boolean",
        "CurrencyIsoCode": "picklist",
        "Loss_Reason__c": "picklist",
        "Legacy_Ref__c": "string",
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
    "Lead": {
        "Id": "id",
        "FirstName": "string",
        "LastName": "string",
        "Company": "string",
        "Title": "string",
        "Email": "email",
        "Phone": "phone",
        "Website": "url",
        "Country": "string",
        "Industry": "picklist",
        "NumberOfEmployees": "int",
        "LeadSource": "picklist",
        "Status": "picklist",
        "Rating": "picklist",
        "OwnerId": "reference",
        "IsConverted": "boolean",
        "ConvertedDate": "date",
        "ConvertedAccountId": "reference",
        "ConvertedContactId": "reference",
        "ConvertedOpportunityId": "reference",
        "MasterRecordId": "reference",
        "IsDeleted": "boolean",
        "Budget__c": "string",
        "Notes__c": "textarea",
        "Score__c": "double",
        "Consent__c": "boolean",
        **_STAMPS,
    },
    "OpportunityHistory": {
        "Id": "id",
        "OpportunityId": "reference",
        "CreatedById": "reference",
        "StageName": "picklist",
        "Amount": "currency",
        "ExpectedRevenue": "currency",
        "Probability": "percent",
        "ForecastCategory": "picklist",
        "CloseDate": "date",
        "PrevAmount": "currency",
        "PrevCloseDate": "date",
        "IsDeleted": "boolean",
        "CurrencyIsoCode": "picklist",
        "CreatedDate": "datetime",
        "SystemModstamp": "datetime",
    },
    "OpportunityFieldHistory": {
        "Id": "id",
        "OpportunityId": "reference",
        "CreatedById": "reference",
        "Field": "picklist",
        "DataType": "picklist",
        "OldValue": "anyType",
        "NewValue": "anyType",
        "IsDeleted": "boolean",
        "CreatedDate": "datetime",
    },
    "OpportunityContactRole": {
        "Id": "id",
        "OpportunityId": "reference",
        "ContactId": "reference",
        "Role": "picklist",
        "IsPrimary": "boolean",
        "IsDeleted": "boolean",
        **_STAMPS,
    },
    "Campaign": {
        "Id": "id",
        "Name": "string",
        "ParentId": "reference",
        "Type": "picklist",
        "Status": "picklist",
        "StartDate": "date",
        "EndDate": "date",
        "IsActive": "boolean",
        "ExpectedRevenue": "currency",
        "BudgetedCost": "currency",
        "ActualCost": "currency",
        "NumberSent": "double",
        "OwnerId": "reference",
        "IsDeleted": "boolean",
        "CurrencyIsoCode": "picklist",
        "Cost_Center__c": "string",
        **_STAMPS,
    },
    "CampaignMember": {
        "Id": "id",
        "CampaignId": "reference",
        "LeadId": "reference",
        "ContactId": "reference",
        "Status": "picklist",
        "HasResponded": "boolean",
        "FirstRespondedDate": "date",
        "IsDeleted": "boolean",
        **_STAMPS,
    },
    "Task": {
        "Id": "id",
        **_ACTIVITY,
        "TaskSubtype": "picklist",
        "CallType": "picklist",
        "CallDurationInSeconds": "int",
        "Status": "picklist",
        "Priority": "picklist",
        "IsClosed": "boolean",
        "CompletedDateTime": "datetime",
        "Direction__c": "picklist",
        "Revops_Key__c": "string",
        **_STAMPS,
    },
    "Event": {
        "Id": "id",
        **_ACTIVITY,
        "EventSubtype": "picklist",
        "StartDateTime": "datetime",
        "EndDateTime": "datetime",
        "DurationInMinutes": "int",
        "IsAllDayEvent": "boolean",
        "Location": "string",
        **_STAMPS,
    },
    "CurrencyType": {
        "Id": "id",
        "IsoCode": "picklist",
        "ConversionRate": "double",
        "DecimalPlaces": "int",
        "IsActive": "boolean",
        "IsCorporate": "boolean",
        **_STAMPS,
    },
    "DatedConversionRate": {
        "Id": "id",
        "IsoCode": "picklist",
        "StartDate": "date",
        "NextStartDate": "date",
        "ConversionRate": "double",
        **_STAMPS,
    },
}
# What a field holds where nobody ever set it.
DEFAULTS = {"CurrencyIsoCode": "USD"}
MULTI_CURRENCY = {"CurrencyType", "DatedConversionRate"}
# Object -> its parent and the field that names it: they go to the recycle bin together.
CHILDREN = {
    "OpportunityHistory": ("Opportunity", "OpportunityId"),
    "OpportunityFieldHistory": ("Opportunity", "OpportunityId"),
    "OpportunityContactRole": ("Opportunity", "OpportunityId"),
    "CampaignMember": ("Campaign", "CampaignId"),
}
# Nobody writes these: Salesforce does.
SYSTEM_MADE = {"OpportunityHistory", "OpportunityFieldHistory"}

_REFERENCES = {
    "AccountId": ["Account"],
    "ConvertedAccountId": ["Account"],
    "ConvertedContactId": ["Contact"],
    "ConvertedOpportunityId": ["Opportunity"],
    "ContactId": ["Contact"],
    "LeadId": ["Lead"],
    "OpportunityId": ["Opportunity"],
    "CampaignId": ["Campaign"],
    "OwnerId": ["User"],
    "CreatedById": ["User"],
    "ManagerId": ["User"],
    "WhoId": ["Contact", "Lead"],
    "WhatId": ["Account", "Campaign", "Opportunity"],
}
_OWN_KIND = {"MasterRecordId", "ParentId"}
_REQUIRED = {"Id", "IsDeleted", "CreatedDate", "LastModifiedDate", "SystemModstamp"}
READ_ONLY = _REQUIRED | {
    "IsClosed",
    "IsWon",
    "IsArchived",
    "IsConverted",
    "MasterRecordId",
    "ConvertedDate",
    "ConvertedAccountId",
    "ConvertedContactId",
    "ConvertedOpportunityId",
    "HasResponded",
    "FirstRespondedDate",
}
# Fields that hold a rule instead of a value; they change without the record's stamp.
CALCULATED = "_Formula__c"


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
        "updateable": kind not in SYSTEM_MADE,
        "createable": kind not in SYSTEM_MADE,
        "deletable": kind not in {"User", *SYSTEM_MADE},
        "urls": {
            "sobject": f"{root}/sobjects/{kind}",
            "describe": f"{root}/sobjects/{kind}/describe",
            "rowTemplate": f"{root}/sobjects/{kind}/{{ID}}",
        },
    }


def description(kind: str, types: Mapping[str, str], root: str) -> dict[str, Any]:
    fields = [_field(kind, name, type_) for name, type_ in types.items()]
    return {
        **summary(kind, root),
        "fields": fields,
        "recordTypeInfos": [],
        "childRelationships": [],
    }


def is_external_id(name: str) -> bool:
    """Whether records can be found by the field; nothing makes its values unique."""
    return name.endswith("_Ref__c")


def _field(kind: str, name: str, type_: str) -> dict[str, Any]:
    targets = [kind] if name in _OWN_KIND else _REFERENCES.get(name, [])
    calculated = name.endswith(CALCULATED)
    written = name not in READ_ONLY and kind not in SYSTEM_MADE and not calculated
    # Values of any type can be shown and sorted, but not asked for.
    filterable = type_ not in {"anyType", "textarea"}
    return {
        "name": name,
        "label": name.removesuffix("__c").replace("_", " "),
        "type": type_,
        "length": 18 if type_ in {"id", "reference"} else 255,
        "nillable": name not in _REQUIRED,
        "calculated": calculated,
        "custom": name.endswith("__c"),
        "createable": written,
        "updateable": written,
        "filterable": filterable,
        "sortable": filterable,
        "externalId": is_external_id(name),
        "unique": False,
        "idLookup": name == "Id",
        "picklistValues": [],
        "referenceTo": targets,
        "relationshipName": name.removesuffix("Id") if targets else None,
        "compoundFieldName": None,
    }
