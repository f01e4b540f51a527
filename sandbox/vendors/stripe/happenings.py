"""What Stripe tells about changes: which event a change of a record is."""

from collections.abc import Callable

from sandbox.store import Record, Table

# Called with kind, record before and record after.
Tell = Callable[[str, Record | None, Record], None]

DAYS_KEPT = 30
NOUNS = {
    "customers": "customer",
    "products": "product",
    "prices": "price",
    "subscriptions": "customer.subscription",
    "invoices": "invoice",
    "credit_notes": "credit_note",
    "coupons": "coupon",
    "promotion_codes": "promotion_code",
}
_BILL_BECAME = {
    "open": "finalized",
    "paid": "paid",
    "void": "voided",
    "uncollectible": "marked_uncollectible",
}


def event_type(kind: str, before: Record | None, after: Record) -> str | None:
    """The type of the event that the change is; None where Stripe tells nothing."""
    noun = NOUNS.get(kind)
    if noun is None or before == after:
        return None
    return f"{noun}.{_verb(kind, before, after)}"


def _verb(kind: str, before: Record | None, after: Record) -> str:
    if before is None:
        return "created"
    if after.get("deleted"):
        return "deleted"
    if before.get("status") != after.get("status"):
        if kind == "subscriptions" and after["status"] == "canceled":
            return "deleted"
        if kind == "credit_notes":
            return "voided"
        if kind == "invoices":
            return _BILL_BECAME.get(after["status"], "updated")
    return "updated"


def previous_attributes(before: Record, after: Record) -> Record:
    """The fields that changed, as they were."""
    return {name: value for name, value in before.items() if after.get(name) != value}


class EventfulTable(Table):
    """A table whose `put` is a change that Stripe tells about; `restore` is what is known."""

    def __init__(self, kind: str, tell: Tell) -> None:
        super().__init__(lambda record: str(record["id"]), numeric=False)
        self._kind, self._tell = kind, tell

    def put(self, record: Record) -> None:
        before = self.get(self.key(record))
        self.restore(record)
        self._tell(self._kind, before, record)

    def restore(self, record: Record) -> None:
        super().put(record)


def told_of(state: Record) -> tuple[str, Record, int]:
    """The event that made a bill what it is: its type, the bill and when."""
    moments = state["status_transitions"]
    types = {
        "draft": ("created", state["created"]),
        "open": ("finalized", moments["finalized_at"]),
        "paid": ("paid", moments["paid_at"]),
        "void": ("voided", moments["voided_at"]),
        "uncollectible": ("marked_uncollectible", moments["marked_uncollectible_at"]),
    }
    verb, at = types[state["status"]]
    return f"invoice.{verb}", state, at
