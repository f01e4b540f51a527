"""`revops erase`: one person, out of everything, with a certificate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from orchestration import erasing
from orchestration.app import App
from orchestration.commands.pipeline import json_option
from orchestration.output import ERR, OUT, print_json, table
from reverse_etl.erasure.certificate import certificate_of
from reverse_etl.erasure.plan import told_as_json
from warehouse import tombstones
from warehouse.erasures import Erasure, Erasures, Step
from warehouse.errors import Misconfigured

_SHOWN = {"done": "verified", "unverified": "not verifiable", "planned": "to do"}


@click.command("erase")
@click.option("--email", metavar="ADDRESS", help="Whom: by an e-mail address.")
@click.option("--person", "person_id", metavar="ID", help="Whom: by the id of canonical.person.")
@click.option("--apply", "digest", metavar="DIGEST", help="Carry out the plan of this digest.")
@click.option("--resume", "erasure_id", metavar="ERASURE", help="Go on with one that was begun.")
@click.option("--list", "is_list", is_flag=True, help="Every erasure, and how it stands.")
@click.option("--lift", is_flag=True, help="Let somebody in again who has asked for it.")
@json_option
def erase_command(
    email: str | None,
    person_id: str | None,
    digest: str | None,
    erasure_id: str | None,
    *,
    is_list: bool,
    lift: bool,
    as_json: bool,
) -> int:
    """Delete one person everywhere, or make them nameless where that is not possible.

    Without --apply nothing is changed: the plan tells every place that holds the person. What is
    carried out is exactly the plan whose digest is given. An erasure that was cut off goes on with
    --resume, or when the same is called again. The certificate is in REVOPS_HOME/erasures.

    \b
    Examples:
      revops erase --email taro@aoba.example                    # shows the plan and its digest
      revops erase --email taro@aoba.example --apply 4be1c90d22ab37f0
      revops erase --resume era_5d0a7c31b9e2                    # a tool answers again
    """
    app = App.from_environment()
    chosen = [email is not None, person_id is not None, erasure_id is not None, is_list]
    if sum(chosen) != 1:
        raise Misconfigured("Say whom: --email or --person; or --resume or --list")
    if is_list:
        return _listed(app, as_json=as_json)
    if lift:
        return _lifted(app, email, as_json=as_json)
    if erasure_id is not None:
        return _ended(app, erasing.resume(app, erasure_id, _say), as_json=as_json)
    begun = digest and Erasures(app.state).open_with(digest)
    if begun:
        return _ended(app, erasing.resume(app, begun.erasure_id, _say), as_json=as_json)
    found = erasing.plan(app, email=email, person_id=person_id)
    if digest is not None:
        return _ended(app, erasing.erase(app, found, digest, _say), as_json=as_json)
    if as_json:
        print_json(told_as_json(found))
    else:
        _show_plan(told_as_json(found))
    return 3 if found.open_syncs else 0


def _say(step: Step) -> None:
    said = _SHOWN.get(step.status, step.status)
    ERR.print(f"{step.at}: {said}; {step.said}", markup=False, soft_wrap=True)


def _show_plan(document: dict[str, Any]) -> None:
    records = [
        (
            f"{one['source']} {one['source_object']} {one['source_record_id']}",
            one["full_name"],
            ", ".join([*one["emails"], *one["phones"]]),
        )
        for one in document["records"]
    ]
    if records:
        OUT.print(table("Who it is, as identity says", ["record", "name", "known by"], records))
        OUT.print(
            "Somebody else's record among them? `revops identity unlink` first, then plan again.\n",
            markup=False,
        )
    steps = [(s["at"], s["kind"], s["found"], s["said"]) for s in document["steps"]]
    OUT.print(table("What is to be done", ["where", "what", "#found", "by hand"], steps))
    for name in document["open_syncs"]:
        ERR.print(f"not settled: run `revops sync {name}` first", markup=False)
    OUT.print(f"\nNothing was changed. To carry it out: --apply {document['digest']}", markup=False)


def _ended(app: App, erasure: Erasure, *, as_json: bool) -> int:
    """Show how it ended; 4 where a step has failed and is to be taken again."""
    steps = Erasures(app.state).steps(erasure.erasure_id)
    place = erasing.certificates(app) / f"{erasure.erasure_id}.md"
    document = certificate_of(erasure, steps, app.clock.now())
    if as_json:
        print_json(document | {"certificate": str(place)})
    else:
        OUT.print(f"{erasure.erasure_id}: {document['status']}", markup=False)
        for step in steps:
            if step.status == "manual":
                OUT.print(f"to do: {step.at}: {step.said}", markup=False, soft_wrap=True)
        OUT.print(f"certificate: {_near(place)}", markup=False, soft_wrap=True)
        OUT.print("next: `revops build`, which makes the models anew without them", markup=False)
    if any(step.is_open for step in steps):
        ERR.print(f"a step has failed: `revops erase --resume {erasure.erasure_id}`", markup=False)
        return 4
    return 0


def _near(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _listed(app: App, *, as_json: bool) -> int:
    rows = [
        (one.erasure_id, one.status, one.began_at, one.ended_at, one.plan_digest)
        for one in Erasures(app.state).all()
    ]
    names = ["erasure", "status", "began", "ended", "plan"]
    if as_json:
        print_json({"erasures": [dict(zip(names, row, strict=True)) for row in rows]})
    else:
        OUT.print(table("Erasures", names, rows))
    return 0


def _lifted(app: App, email: str | None, *, as_json: bool) -> int:
    if email is None:
        raise Misconfigured("A tombstone is lifted by the address: --email ADDRESS --lift")
    address = email.strip().lower()
    what = [tombstones.email(address), tombstones.hashed_email(tombstones.sha256(address))]
    lifted = tombstones.Tombstones(app.state, app.settings.erasure.key).lift(what)
    if as_json:
        print_json({"lifted": lifted})
    else:
        OUT.print(f"{lifted} tombstones lifted: what a tool tells from now on is landed again")
    return 0
