"""Generates a company's customer data as three tools would hold it."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from sandbox.generation.accounts import enter_company
from sandbox.generation.companies import companies
from sandbox.generation.contacts import enter_leads, enter_people, enter_stranger
from sandbox.generation.customer import Customer
from sandbox.generation.deals import enter_deals
from sandbox.generation.invention import Invention
from sandbox.generation.ledger import Ledger
from sandbox.generation.next_day import write_next_day
from sandbox.generation.output import RecordFiles, TruthFiles
from sandbox.generation.scene import OUR_DOMAIN, Presence, Scene
from sandbox.generation.tickets import TicketNumbers, enter_tickets
from sandbox.instants import current_second
from sandbox.manifest import Manifest, Scale
from sandbox.vendors import declared, names

COMPANIES = {"small": 66, "medium": 3_300, "large": 66_000}
_STRANGER_ODDS = 0.3
_OWNED = (*names(), "truth", "next_day")


def clear_data(out: Path) -> None:
    """Make `out` an empty data directory; refuses one that holds anything else."""
    if out.is_dir() and any(out.iterdir()) and not (out / "manifest.json").is_file():
        raise ValueError(f"{out} is not empty and holds no sandbox data: name another directory")
    for name in _OWNED:
        shutil.rmtree(out / name, ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)


def invented_credentials(rng: Random) -> dict[str, dict[str, Any]]:
    """Credentials in each vendor's form; they open nothing but the sandbox."""

    def digits(length: int) -> str:
        return f"{rng.getrandbits(length * 4):0{length}x}"

    return {
        "hubspot": {"token": f"pat-sandbox-{digits(24)}"},
        "salesforce": {
            "client_id": f"sandbox.{digits(32)}",
            "client_secret": digits(40),
            "refresh_token": f"sandbox.refresh.{digits(24)}",
        },
        "zendesk": {"email": f"staff1@{OUR_DOMAIN}", "token": digits(40)},
    }


def _fill(scene: Scene, inventions: list[Invention], count: int, *, has_leads: bool) -> int:
    """Write every company with its people, sales and tickets; the next ticket number."""
    scene.define_properties()
    for invention in inventions:
        for kind in invention.files:
            scene.files.touch(invention.vendor, kind)
        invention.begin()
    person_number, numbers = 1, TicketNumbers()
    previous: Presence | None = None
    for company in companies(scene.rng, count):
        presence = enter_company(scene, company, previous if company.parent else None)
        person_number, requesters, people = enter_people(scene, presence, person_number)
        sales = enter_deals(scene, presence)
        tickets = enter_tickets(scene, presence, requesters, numbers)
        customer = Customer(presence, people, sales, tickets)
        for invention in inventions:
            invention.enter(customer)
        if scene.rng.random() < _STRANGER_ODDS:
            enter_stranger(scene, person_number)
            person_number += 1
        if has_leads:
            person_number = enter_leads(scene, presence, person_number)
        scene.ledger.close_parties()
        previous = presence
    for invention in inventions:
        invention.end()
    return numbers.next()


def generate(
    out: Path,
    *,
    seed: int = 7,
    scale: Scale = "small",
    as_of: datetime | None = None,
    plain: bool = False,
) -> Manifest:
    """Write a data directory, the same bytes for the same seed, scale and `as_of`.

    Args:
        out: a new or empty directory, or one that holds earlier sandbox data, which is replaced.
        seed: drives every choice.
        scale: small has 66 companies, medium 50 times and large 1,000 times as many; only large
            has a million contacts, most of them leads at few of the companies or at none.
        as_of: where the data ends, an aware instant; now when left out.
        plain: nobody mistypes anything or enters it twice, and no tool contradicts another; then
            the canonical tables are written to `truth/canonical`, as what happened.

    Raises:
        ValueError: `out` holds files that are not sandbox data, or `as_of` has no zone.
    """
    if as_of is not None and as_of.tzinfo is None:
        raise ValueError(f"as_of {as_of.isoformat()} has no time zone: give an aware instant")
    until = as_of.astimezone(UTC).replace(microsecond=0) if as_of else current_second()
    clear_data(out)
    told = out / "truth" / "canonical" if plain else None
    with (
        RecordFiles(out) as files,
        TruthFiles(out / "truth") as truth,
        Ledger(told, until) as ledger,
    ):
        scene = Scene(f"{seed}/{scale}", until, files, truth, ledger)
        inventions = [kind(scene) for kind in declared("invention", "INVENTION")]
        next_ticket = _fill(scene, inventions, COMPANIES[scale], has_leads=scale == "large")
        ledger.close()
        write_next_day(scene, out / "next_day", next_ticket, inventions)
    credentials = invented_credentials(scene.rng)
    for invention in inventions:
        if more := invention.credentials():
            credentials.setdefault(invention.vendor, {}).update(more)
    manifest = Manifest(until, credentials, files.counts(), seed=seed, scale=scale)
    manifest.write(out)
    return manifest
