"""Support tickets of the companies known in Zendesk."""

from sandbox.generation.scene import Presence, Scene
from sandbox.generation.words import ENGLISH_SUBJECTS, JAPANESE_SUBJECTS
from sandbox.vendors.zendesk.records import ticket

_STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
_STATUS_WEIGHTS = (6, 14, 10, 4, 22, 44)
_PRIORITIES = ("low", "normal", "normal", "high", "urgent", None)
_CHANNELS = ("email", "web", "api", "chat")


class TicketNumbers:
    """Zendesk numbers tickets one by one."""

    def __init__(self) -> None:
        self.last = 0

    def next(self) -> int:
        self.last += 1
        return self.last


def enter_tickets(
    scene: Scene, presence: Presence, requesters: list[int], numbers: TicketNumbers
) -> list[dict[str, object]]:
    """Write the company's tickets, eight on average, from its own Zendesk users."""
    if not presence.zendesk or not requesters:
        return []
    tickets = []
    for _ in range(min(40, int(scene.rng.expovariate(1 / 9.0)))):
        record = _ticket(scene, presence, scene.rng.choice(requesters), numbers.next())
        scene.add("zendesk", "tickets", record)
        tickets.append(record)
    return tickets


def _entered_by_us(scene: Scene) -> dict[str, object]:
    """Somebody called, and an agent wrote it down."""
    is_ours = scene.plain and scene.rng.random() < 0.1
    return {"submitter_id": scene.member().agent} if is_ours else {}


def _ticket(scene: Scene, presence: Presence, requester: int, number: int) -> dict[str, object]:
    rng = scene.rng
    status = rng.choices(_STATUSES, _STATUS_WEIGHTS)[0]
    is_done = status in {"solved", "closed"}
    created, updated = scene.lifetime(days=600 if is_done else 45)
    subjects = JAPANESE_SUBJECTS if presence.company.japanese else ENGLISH_SUBJECTS
    score = rng.choice(("good", "good", "bad", "offered", "unoffered")) if is_done else "unoffered"
    fields = {
        "subject": rng.choice(subjects),
        "status": status,
        "priority": rng.choice(_PRIORITIES),
        "type": rng.choice(("question", "problem", "incident", "task", None)),
        "requester_id": requester,
        "submitter_id": requester,
        **_entered_by_us(scene),
        "assignee_id": None if status == "new" else scene.member().agent,
        "organization_id": rng.choice(presence.zendesk)
        if scene.plain or rng.random() < 0.95
        else None,
        "tags": rng.sample(("billing", "login", "api", "export", "vip"), rng.randint(0, 2)),
        "via": {"channel": rng.choice(_CHANNELS), "source": {"from": {}, "to": {}, "rel": None}},
        "satisfaction_rating": {"score": score},
    }
    return ticket(number, fields, created, updated)
