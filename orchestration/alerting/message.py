"""Puts a digest into words: a subject line and plain text, and a document for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from orchestration.alerting.decide import Digest
from orchestration.alerting.evaluate import Firing
from warehouse.waiting import span

# What is longer is cut with a word about it: a chat and a phone show no more.
SHOWN = 25


@dataclass(frozen=True)
class Message:
    subject: str
    text: str
    document: dict[str, Any]


def message(digest: Digest, because: Mapping[str, str], now: datetime, home: str) -> Message:
    """One message for everything that a channel has to hear; `because` is by rule."""
    counts = {
        "new": len(digest.new),
        "still firing": len(digest.still),
        "resolved": len(digest.resolved),
    }
    said = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    subject = f"revops: {said}"
    lines = [f"{subject} ({home}, {now:%Y-%m-%d %H:%M}Z)", *_lines(digest, because, now)]
    return Message(subject, "\n".join(lines), _document(digest, because, now, home))


def _lines(digest: Digest, because: Mapping[str, str], now: datetime) -> Iterator[str]:
    rules = dict.fromkeys(one.rule for one in (*digest.new, *(one for one, _ in digest.still)))
    since = {(one.rule, one.subject): told.since for one, told in digest.still}
    for rule in rules:
        found = [one for one in digest.new if one.rule == rule]
        found += [one for one, _ in digest.still if one.rule == rule]
        yield ""
        yield f"[{found[0].severity}] {rule}: {because[rule]}"
        for one in found[:SHOWN]:
            began = since.get((one.rule, one.subject))
            still = f" (for {span((now - began).total_seconds())})" if began else ""
            yield f"  - {one.subject}: {one.summary}{still}"
        if len(found) > SHOWN:
            yield f"  - and {len(found) - SHOWN} more: revops alerts"
    if digest.resolved:
        yield ""
        yield "[resolved]"
        for told in digest.resolved[:SHOWN]:
            lasted = span((now - told.since).total_seconds())
            yield f"  - {told.rule}, {told.subject}: over, after {lasted}"
        if len(digest.resolved) > SHOWN:
            yield f"  - and {len(digest.resolved) - SHOWN} more"
    if digest.known:
        yield ""
        yield f"{len(digest.known)} that were told before still fire: revops alerts"


def _document(
    digest: Digest, because: Mapping[str, str], now: datetime, home: str
) -> dict[str, Any]:
    def firing(one: Firing, since: datetime) -> dict[str, Any]:
        return asdict(one) | {"because": because[one.rule], "since": since.isoformat()}

    return {
        "source": "revops",
        "home": home,
        "sent_at": now.isoformat(),
        "new": [firing(one, now) for one in digest.new],
        "still": [firing(one, told.since) for one, told in digest.still],
        "resolved": [
            {"rule": one.rule, "subject": one.subject, "since": one.since.isoformat()}
            for one in digest.resolved
        ],
        "known": len(digest.known),
    }
