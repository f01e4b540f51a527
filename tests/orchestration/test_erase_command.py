"""`revops erase` shows first, does only what was shown, and says what is missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.app import App
from orchestration.cli import main
from warehouse.landing import RawStream, Segment, Version

KEY = {"REVOPS_ERASURE__KEY": "0123456789abcdef" * 2}
TARO, HANA = "taro@aoba.example", "hana@aoba.example"
Install = Callable[[dict[str, str]], App]


def with_people(app: App) -> App:
    """Two users of one's own product, landed and not yet built."""
    raw = RawStream(app.warehouse, "database", "users")
    raw.position()
    texts = {one: json.dumps({"user_id": one, "email": one}) for one in (TARO, HANA)}
    rows = [Version(key, None, False, text) for key, text in texts.items()]
    raw.land(Segment.of(rows), {}, run_id="r", at=datetime(2026, 11, 28, tzinfo=UTC))
    return app


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(["erase", *arguments])
    told = capsys.readouterr()
    return int(str(ended.value.code)), told.out + told.err


def users(app: App) -> list[str]:
    with app.warehouse.open("test") as session:
        return [row["_key"] for row in session.rows("select _key from raw_database.users")]


def test_what_was_shown_is_done_and_certified(
    installed: Install, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = with_people(installed(KEY))
    code, said = run(capsys, "--email", TARO, "--json")
    document = json.loads(said)
    assert code == 0
    assert {one["at"]: one["found"] for one in document["steps"]}["raw_database.users"] == 1
    assert users(app) == [TARO, HANA]
    assert run(capsys, "--email", TARO, "--apply", "0" * 16)[0] == 3
    assert users(app) == [TARO, HANA]
    code, said = run(capsys, "--email", TARO, "--apply", document["digest"])
    assert (code, users(app)) == (0, [HANA])
    # Whoever was cut off before it was told calls it once more.
    code, said = run(capsys, "--email", TARO, "--apply", document["digest"])
    assert (code, users(app)) == (0, [HANA])
    (certificate,) = (home / "erasures").glob("*.md")
    assert certificate.name in said
    assert TARO not in certificate.read_text(encoding="utf-8")
    assert "database users" in certificate.read_text(encoding="utf-8")
    code, said = run(capsys, "--list", "--json")
    assert [one["status"] for one in json.loads(said)["erasures"]] == ["ended"]
    # The source tells of them again, and of somebody else.
    assert users(with_people(app)) == [HANA]
    assert run(capsys, "--email", TARO, "--lift")[0] == 0
    assert sorted(users(with_people(app))) == [HANA, TARO]


def test_nothing_is_erased_without_a_key(
    installed: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    app = with_people(installed({}))
    digest = json.loads(run(capsys, "--email", TARO, "--json")[1])["digest"]
    code, said = run(capsys, "--email", TARO, "--apply", digest)
    assert (code, users(app)) == (2, [TARO, HANA])
    assert "REVOPS_ERASURE__KEY" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Say whom"),
        (("--email", TARO, "--person", "per_1"), "Say whom"),
        (("--email", "nobody"), "no e-mail address"),
        (("--person", "per_1"), "There is no person"),
        (("--resume", "era_1"), "There is no erasure"),
    ],
)
def test_what_is_wrong_is_named(
    installed: Install, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    installed(KEY)
    code, told = run(capsys, *arguments)
    assert code == 2
    assert said in told
