"""One company as a HubSpot company, a Salesforce account and a Zendesk organization."""

from collections.abc import Callable

from sandbox.generation.companies import Company, plain_name, typed_name
from sandbox.generation.meaning import segment
from sandbox.generation.scene import Presence, Scene, StaffMember
from sandbox.generation.spelling import typed_domain, typed_website
from sandbox.vendors.hubspot.records import LIFECYCLE, crm_record
from sandbox.vendors.salesforce.ids import salesforce_id
from sandbox.vendors.salesforce.records import sobject
from sandbox.vendors.zendesk.records import organization

DUPLICATE_ODDS = {"hubspot": 0.16, "salesforce": 0.14, "zendesk": 0.05}
PLANS = ("standard", "premium", "trial")


def _copies(scene: Scene, company: Company, tool: str) -> int:
    if tool not in company.tools:
        return 0
    if scene.plain:
        return 1
    return 2 if scene.rng.random() < DUPLICATE_ODDS[tool] else 1


def _country(scene: Scene, company: Company) -> str | None:
    if scene.plain:
        return company.country
    spellings = ("Japan", "日本", "JP", None) if company.japanese else ("United States", "US", None)
    return scene.rng.choice(spellings)


def _size(scene: Scene, company: Company) -> str | None:
    return str(company.employees) if scene.plain or scene.rng.random() < 0.7 else None


def _hubspot_company(scene: Scene, company: Company, owner: StaffMember | None) -> tuple[str, bool]:
    record_id = str(scene.next_id("companies"))
    domain = typed_domain(scene.rng, company.domain)
    properties = {
        "name": typed_name(scene.rng, company),
        "domain": domain,
        "website": typed_website(scene.rng, company.domain) if domain else None,
        "country": _country(scene, company),
        "industry": company.trade.hubspot if scene.plain or scene.rng.random() < 0.8 else None,
        "numberofemployees": _size(scene, company),
        "lifecyclestage": scene.rng.choice(LIFECYCLE),
        "hubspot_owner_id": owner.owner
        if owner
        else scene.member().owner
        if scene.rng.random() < 0.85
        else None,
    }
    created, updated = scene.lifetime()
    record = crm_record("companies", record_id, properties, created, updated)
    scene.add("hubspot", "companies", record)
    scene.company_known(company.key, created)
    scene.truth.account("hubspot", "companies", record_id, company.key)
    return record_id, domain is not None


def _salesforce_account(
    scene: Scene, company: Company, parent: Presence | None, owner: StaffMember | None
) -> tuple[str, bool]:
    record_id = salesforce_id("Account", scene.next_id("Account"))
    website = typed_website(scene.rng, company.domain)
    parent_known = parent is not None and parent.salesforce and scene.rng.random() < 0.7
    employees = max(1, round(company.employees * scene.rng.uniform(0.8, 1.2)))
    if scene.plain:
        employees = company.employees
    fields = {
        "Name": typed_name(scene.rng, company),
        "Website": website,
        "Industry": company.trade.salesforce if scene.plain or scene.rng.random() < 0.8 else None,
        "NumberOfEmployees": employees if scene.plain or scene.rng.random() < 0.6 else None,
        "BillingCountry": _country(scene, company),
        "Type": scene.rng.choice(("Prospect", "Customer", "Partner", None)),
        "OwnerId": (owner or scene.member()).user,
        "ParentId": parent.salesforce[0] if parent is not None and parent_known else None,
        "MasterRecordId": None,
        "IsDeleted": False,
    }
    created, updated = scene.lifetime()
    scene.add("salesforce", "Account", sobject("Account", record_id, fields, created, updated))
    scene.company_known(company.key, created)
    scene.truth.account("salesforce", "Account", record_id, company.key)
    return record_id, website is not None


def _zendesk_organization(scene: Scene, company: Company, external_id: str | None) -> int:
    record_id = scene.next_id("organizations")
    domains = [company.domain] if scene.plain or scene.rng.random() < 0.8 else []
    created, updated = scene.lifetime()
    scene.company_known(company.key, created)
    record = organization(
        record_id,
        name=typed_name(scene.rng, company),
        domains=domains,
        external_id=external_id if scene.rng.random() < 0.25 else None,
        plan=scene.rng.choice(PLANS),
        created=created,
        updated=updated,
    )
    scene.add("zendesk", "organizations", record)
    scene.truth.account("zendesk", "organizations", record_id, company.key)
    return record_id


def _enter(times: int, make: Callable[[], tuple[str, bool]]) -> tuple[tuple[str, ...], bool]:
    """The ids of `times` records, and whether the first of them carries a domain."""
    made = [make() for _ in range(times)]
    return tuple(record_id for record_id, _ in made), bool(made) and made[0][1]


def enter_company(scene: Scene, company: Company, parent: Presence | None) -> Presence:
    """Write the company into its tools."""
    owner = scene.member() if scene.plain else None
    if owner is not None:
        _write_down(scene, company, owner)
    hubspot, hubspot_domain = _enter(
        _copies(scene, company, "hubspot"), lambda: _hubspot_company(scene, company, owner)
    )
    salesforce, salesforce_domain = _enter(
        _copies(scene, company, "salesforce"),
        lambda: _salesforce_account(scene, company, parent, owner),
    )
    external_id = salesforce[0] if salesforce else None
    zendesk = tuple(
        _zendesk_organization(scene, company, external_id)
        for _ in range(_copies(scene, company, "zendesk"))
    )
    return Presence(company, hubspot, salesforce, zendesk, hubspot_domain and salesforce_domain)


def _write_down(scene: Scene, company: Company, owner: StaffMember) -> None:
    """What the company is, whatever the tools say of it."""
    scene.ledger.party("account", company.key).facts = {
        "account_name": plain_name(company),
        "domain": company.domain,
        "country": company.country,
        "industry": company.trade.salesforce,
        "employee_count": company.employees,
        "segment": segment(company.employees),
        "owner_id": owner.key,
        "is_target_account": False,
    }
