"""The sales stages of the two CRMs, and what each stage implies for the vendor's own fields."""

from dataclasses import dataclass


@dataclass(frozen=True)
class HubSpotStage:
    """A stage of HubSpot's default pipeline; `probability` is 0 to 1, as text on the wire."""

    label: str
    probability: str
    closed: bool
    won: bool


@dataclass(frozen=True)
class SalesforceStage:
    """A standard Salesforce StageName; `probability` is 0 to 100."""

    probability: int
    forecast: str
    closed: bool
    won: bool
    hubspot: str


HUBSPOT_STAGES = {
    "appointmentscheduled": HubSpotStage("Appointment Scheduled", "0.2", closed=False, won=False),
    "qualifiedtobuy": HubSpotStage("Qualified To Buy", "0.4", closed=False, won=False),
    "presentationscheduled": HubSpotStage("Presentation Scheduled", "0.6", closed=False, won=False),
    "decisionmakerboughtin": HubSpotStage(
        "Decision Maker Bought-In", "0.8", closed=False, won=False
    ),
    "contractsent": HubSpotStage("Contract Sent", "0.9", closed=False, won=False),
    "closedwon": HubSpotStage("Closed Won", "1.0", closed=True, won=True),
    "closedlost": HubSpotStage("Closed Lost", "0.0", closed=True, won=False),
}


def _open(probability: int, forecast: str, hubspot: str) -> SalesforceStage:
    return SalesforceStage(probability, forecast, closed=False, won=False, hubspot=hubspot)


SALESFORCE_STAGES = {
    "Prospecting": _open(10, "Pipeline", "appointmentscheduled"),
    "Qualification": _open(10, "Pipeline", "appointmentscheduled"),
    "Needs Analysis": _open(20, "Pipeline", "qualifiedtobuy"),
    "Value Proposition": _open(50, "Pipeline", "qualifiedtobuy"),
    "Id. Decision Makers": _open(60, "Pipeline", "presentationscheduled"),
    "Perception Analysis": _open(70, "Pipeline", "presentationscheduled"),
    "Proposal/Price Quote": _open(75, "BestCase", "decisionmakerboughtin"),
    "Negotiation/Review": _open(90, "Commit", "contractsent"),
    "Closed Won": SalesforceStage(100, "Closed", closed=True, won=True, hubspot="closedwon"),
    "Closed Lost": SalesforceStage(0, "Omitted", closed=True, won=False, hubspot="closedlost"),
}


def hubspot_stage_fields(stage: str) -> dict[str, str]:
    """The read-only deal properties HubSpot derives from `dealstage`."""
    facts = HUBSPOT_STAGES[stage]
    return {
        "hs_deal_stage_probability": facts.probability,
        "hs_is_closed": str(facts.closed).lower(),
        "hs_is_closed_won": str(facts.won).lower(),
    }


def salesforce_stage_fields(stage: str) -> dict[str, object]:
    """The opportunity fields Salesforce derives from `StageName`."""
    facts = SALESFORCE_STAGES[stage]
    return {
        "StageName": stage,
        "Probability": facts.probability,
        "ForecastCategoryName": facts.forecast,
        "IsClosed": facts.closed,
        "IsWon": facts.won,
    }
