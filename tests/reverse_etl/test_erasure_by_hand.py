"""What an erasure leaves to people: sources that are not asked, and still tell of the person."""

from __future__ import annotations

from reverse_etl.erasure.plan import _at_their_source
from reverse_etl.erasure.subject import Subject
from warehouse.erasing_tables import Held
from warehouse.needles import Needles

NOBODY = Subject(None, None, {("hubspot", "contacts"): ("1",)}, Needles((), (), (), ()))


def test_records_of_others_that_tell_of_the_person_are_named_by_source() -> None:
    held = [
        Held("raw_stripe", "customers", "raw", 1),
        Held("raw_stripe", "invoices", "raw", 8),
        Held("raw_stripe", "_recent", "raw", 3),
        Held("raw_hubspot", "notes", "raw", 2),
        Held("raw_marketo", "leads", "raw", 0),
        Held("raw_files", "plans", "raw", 1),
        Held("marts", "people", "derived", 1),
    ]
    assert list(_at_their_source(NOBODY, held)) == [
        ("folder of files", "the files that were read hold the person: delete their lines there"),
        (
            "stripe: records of others",
            "customers, invoices there tell of the person: change or delete them",
        ),
    ]
