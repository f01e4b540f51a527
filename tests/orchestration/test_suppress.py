"""Whoever is put on the list is withheld from the next plan on, and comes off it again."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from orchestration.app import App
from orchestration.cli import main
from reverse_etl.clearance import suppressed
from reverse_etl.spec import syncs


@pytest.fixture
def people(installed: Callable[[dict[str, str]], App]) -> App:
    app = installed({})
    with app.warehouse.open("test") as session:
        session.execute("create schema canonical")
        session.execute(
            "create table canonical.person as select * from (values ('p1', 'a@x.example', false),"
            " ('p2', 'b@x.example', false)) as p (person_id, email, has_opted_out)"
        )
    return app


def withheld(app: App, sync: str) -> dict[str, str]:
    with app.warehouse.open("test") as session:
        return suppressed(session, syncs()[sync])


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["suppress", *arguments])
    return int(str(ended.value.code))


def test_a_person_is_withheld_for_a_purpose_until_taken_off(people: App) -> None:
    assert run("add", "--email", "A@x.example ", "--because", "by letter") == 0
    assert run("add", "--person", "p2", "--purpose", "all", "--because", "a competitor") == 0
    assert withheld(people, "marketo_leads") == {
        "p1": "marketing: by letter",
        "p2": "marketing: a competitor",
    }
    assert withheld(people, "hubspot_contacts") == {"p2": "service: a competitor"}
    assert run("remove", "--email", "a@x.example") == 0
    assert withheld(people, "marketo_leads").keys() == {"p2"}


def test_the_list_is_shown_and_the_last_word_counts(
    people: App, capsys: pytest.CaptureFixture[str]
) -> None:
    for reason in ("first", "second"):
        run("add", "--email", "a@x.example", "--because", reason)
    capsys.readouterr()
    assert run("list", "--json") == 0
    (one,) = json.loads(capsys.readouterr().out)["suppressions"]
    assert (one["email"], one["purpose"], one["reason"]) == ("a@x.example", "marketing", "second")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "--because", "x"), "Say whom"),
        (("add", "--email", "nobody", "--because", "x"), "no e-mail address"),
        (("remove", "--person", "p1"), "is not on the list for marketing"),
    ],
)
def test_what_is_wrong_is_named(
    people: App, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert run(*arguments) == 2
    assert said in capsys.readouterr().err
