"""Many texts are parsed by several processes: what is kept of them is the same."""

from __future__ import annotations

from typing import Any

import loky
import pytest

from identity import parsing
from tests.identity.contacts import relation
from tests.identity.test_engine import crowd
from warehouse.connection import Session, scratch


def kept(session: Session, work: str) -> dict[str, list[dict[str, Any]]]:
    session.execute(f"create schema {work}")
    parsing.parse_all(session, work, "people", "person")
    return {
        kind: session.rows(f"from {work}.seen_{kind} order by all")
        for kind in parsing._texts_of("people", "person")
    }


@pytest.mark.slow
def test_processes_beside_this_one_parse_what_this_one_would(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with scratch() as session:
        session.load("people", relation("person", crowd(seed=1, size=300)))
        alone = kept(session, "alone")
        pieces: list[int] = []
        submit = loky.ProcessPoolExecutor.submit

        def counted(pool: Any, parse: Any, parser: Any, texts: Any) -> Any:
            pieces.append(texts.num_rows)
            return submit(pool, parse, parser, texts)

        monkeypatch.setattr(loky.ProcessPoolExecutor, "submit", counted)
        monkeypatch.setattr(parsing, "_MANY", 300)
        monkeypatch.setattr(parsing, "_PIECE", 40)
        monkeypatch.setattr(loky, "cpu_count", lambda: 2)
        assert kept(session, "together") == alone
        assert len(pieces) > 3
        assert sum(pieces) >= len(alone["name"])
        assert all(alone.values())
