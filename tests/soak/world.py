"""The company that a soak serves: people work in its tools, and the tools fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from orchestration.demo import DemoFolder, begin_anew, demo_tools
from sandbox.manifest import read_manifest

Record = dict[str, Any]

# Every reading of these is struck somewhere within its first calls.
_READ = ("hubspot", "salesforce", "zendesk", "intercom")
_READING_FAILS = ("rate_limit", "server_error", "reset", "slow", "truncate", "html")
# A write whose answer is lost was done: the tool and the ledger may only agree if somebody asks.
_WRITING_FAILS = (
    {"vendor": "hubspot", "path": "/crm/v3/objects/*/batch/update", "kind": "reset_after_commit"},
    {"vendor": "hubspot", "path": "/crm/v3/objects/*/batch/update", "kind": "server_error"},
    {"vendor": "salesforce", "path": "*", "method": "PATCH", "kind": "reset_after_commit"},
    {"vendor": "zendesk", "path": "*", "method": "PUT", "kind": "server_error"},
    {"vendor": "intercom", "path": "*", "method": "POST", "kind": "rate_limit", "retry_after": 1},
)


@dataclass
class World:
    """The served company; what happens in it is drawn from `rng`, so a seed tells it again."""

    folder: DemoFolder
    url: str
    rng: Random
    hired: int = 0
    changes: int = field(default=0, init=False)

    def let_people_work(self, many: int) -> int:
        """Deals move, somebody gets another job, one contact comes and one goes; how many calls."""
        deals = [one for one in self.records("hubspot", "deals") if not one["archived"]]
        people = [one for one in self.records("hubspot", "contacts") if not one["archived"]]
        for one in self.rng.sample(deals, min(many, len(deals))):
            amount = self.rng.randrange(1_000, 90_000)
            self._hubspot("PATCH", f"deals/{one['id']}", {"amount": str(amount)})
        for one in self.rng.sample(people, min(many, len(people) - 1)):
            title = self.rng.choice(("Head of Sales", "Buyer", "Engineer", "Director"))
            self._hubspot("PATCH", f"contacts/{one['id']}", {"jobtitle": title})
        self.hired += 1
        address = f"soak{self.rng.randrange(10**9)}@example.com"
        self._hubspot("POST", "contacts", {"email": address, "firstname": "So", "lastname": "Ak"})
        self._hubspot("DELETE", f"contacts/{self.rng.choice(people)['id']}")
        done = min(many, len(deals)) + min(many, len(people) - 1) + 2
        self.changes += done
        return done

    def let_a_day_pass(self) -> None:
        self._control("advance")

    def fail(self, many: int) -> list[Record]:
        """Put up a new fault script: reads, one write, one session that ends."""
        script: list[Record] = [
            {
                "vendor": self.rng.choice(_READ),
                "path": "*",
                "kind": self.rng.choice(_READING_FAILS),
                "skip": self.rng.randrange(20),
                "retry_after": 1,
                "seconds": 0.3,
            }
            for _ in range(many)
        ]
        script.append(dict(self.rng.choice(_WRITING_FAILS)))
        script.append({"vendor": "salesforce", "path": "*", "kind": "expire_token", "skip": 7})
        self._control("faults", script)
        return script

    def work_again(self) -> None:
        self._control("faults", [])

    def struck(self) -> int:
        """Calls that were answered by no record since the start: 4xx, 5xx and lost connections."""
        answer = httpx.get(f"{self.url}/_sandbox/requests", trust_env=False).raise_for_status()
        return sum(
            one["count"] for one in answer.json() if one["status"] == 0 or one["status"] >= 400
        )

    def records(self, vendor: str, kind: str) -> list[Record]:
        """What the tool holds, deleted ones included."""
        answer = httpx.get(f"{self.url}/_sandbox/records/{vendor}/{kind}", trust_env=False)
        return [json.loads(line) for line in answer.raise_for_status().text.splitlines()]

    def overwrite(self, kind: str, record_id: str, properties: Record) -> None:
        """Change a HubSpot record, as somebody does who should not have."""
        self._hubspot("PATCH", f"{kind}/{record_id}", properties)

    def _hubspot(self, method: str, path: str, properties: Record | None = None) -> None:
        token = read_manifest(self.folder.company).credentials["hubspot"]["token"]
        httpx.request(
            method,
            f"{self.url}/hubspot/crm/v3/objects/{path}",
            json=None if properties is None else {"properties": properties},
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
            trust_env=False,
        ).raise_for_status()

    def _control(self, name: str, said: object = None) -> None:
        address = f"{self.url}/_sandbox/{name}"
        httpx.post(address, json=said, timeout=120, trust_env=False).raise_for_status()


@contextmanager
def served(folder: DemoFolder, seed: int) -> Iterator[World]:
    """The company of a home, invented where there is none; this process's settings lead to it."""
    if not folder.company.exists():
        begin_anew(folder)
    with demo_tools(folder) as url:
        yield World(folder, url, Random(seed))
