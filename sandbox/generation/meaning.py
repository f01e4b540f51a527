"""What the company means by the words that its tools use: the story behind the records."""

from datetime import datetime
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")
OFFICE = "office"

# From how many employees on a company belongs to a segment.
_SEGMENTS = (("Enterprise", 1_000), ("Mid-Market", 100), ("SMB", 0))

# How somebody found us, in the words of Salesforce, HubSpot and Marketo.
CHANNEL_WORDS = {
    "organic_search": ("Organic Search", "ORGANIC_SEARCH", "Organic Search"),
    "paid_search": ("Paid Search", "PAID_SEARCH", "Paid Search"),
    "email": ("Email", "EMAIL_MARKETING", "Email"),
    "paid_social": ("Paid Social", "PAID_SOCIAL", "Paid Social"),
    "referral": ("Referral", "REFERRALS", "Referral"),
    "direct": ("Direct", "DIRECT_TRAFFIC", "Direct"),
}

STAGES = {
    "Prospecting": "Discovery",
    "Qualification": "Qualification",
    "Needs Analysis": "Qualification",
    "Value Proposition": "Qualification",
    "Id. Decision Makers": "Qualification",
    "Perception Analysis": "Qualification",
    "Proposal/Price Quote": "Proposal",
    "Negotiation/Review": "Negotiation",
    "Closed Won": "Closed Won",
    "Closed Lost": "Closed Lost",
    "appointmentscheduled": "Discovery",
    "qualifiedtobuy": "Qualification",
    "presentationscheduled": "Qualification",
    "decisionmakerboughtin": "Proposal",
    "contractsent": "Negotiation",
    "closedwon": "Closed Won",
    "closedlost": "Closed Lost",
}
DEAL_TYPES = {
    "New Customer": "new_business",
    "Existing Customer - Upgrade": "expansion",
    "Existing Customer - Renewal": "renewal",
    "Win-back": "winback",
    "newbusiness": "new_business",
    "existingbusiness": "expansion",
    "renewal": "renewal",
    "winback": "winback",
    None: "new_business",
}
# A person's stage in the words of HubSpot's lifecycle and of Marketo's lead status.
LIFECYCLE_STAGES = {
    "LEAD": "lead",
    "MQL": "marketingqualifiedlead",
    "SQL": "salesqualifiedlead",
}
LEAD_STATUSES = {
    "LEAD": "New",
    "MQL": "Marketing Qualified",
    "SAL": "Sales Accepted",
    "SQL": "Sales Qualified",
    "REJECTED": "Recycled",
}


def segment(employees: int) -> str:
    return next(name for name, floor in _SEGMENTS if employees >= floor)


def business_day(at: datetime) -> str:
    """The day on which an instant lies for the company."""
    return f"{at.astimezone(TOKYO):%Y-%m-%d}"


def forecast(probability: int, *, closed: bool, won: bool) -> str:
    """The category of an opportunity that nobody put into one."""
    if closed:
        return "Closed" if won else "Omitted"
    return "Commit" if probability >= 75 else "BestCase" if probability >= 50 else "Pipeline"


def touch_of(channel: str) -> str:
    """What it is to come to the web site by a channel."""
    paid = {"paid_search", "paid_social", "display"}
    return "ad_click" if channel in paid else "email_click" if channel == "email" else "page_visit"
