"""The rules that hold stand between dbt's models, too, and say what the gate says."""

import pytest

from quality.dbt_tests import TESTS, dbt_tests
from quality.spec import rulesets
from tests.quality import test_shipped_rules as shipped
from warehouse.connection import Warehouse

# They warn, and dbt's tests are of what holds.
ONLY_TOLD = {"stages_are_mixed_as_before", "calls_still_arrive", "yesterday_is_told"}


def test_the_written_tests_are_current() -> None:
    found = {path.name: path.read_text("utf-8") for path in TESTS.glob("*.sql")}
    assert found == dbt_tests(), "run `make schema`"


def test_every_lower_table_that_is_gated_has_a_test() -> None:
    lower = {f"gate_{name}.sql" for name, one in rulesets().items() if one.stage != "activation"}
    # What only looks back is left to the gate.
    assert lower - dbt_tests().keys() == {"gate_landed_files_targets.sql"}
    assert dbt_tests().keys() <= lower


@pytest.mark.parametrize("name", sorted(name for name, _ in shipped.EVERYWHERE))
def test_a_test_fails_for_what_fails_the_rule(places: tuple[Warehouse, object], name: str) -> None:
    warehouse, _ = places
    ruleset = shipped.SHIPPED[name]
    place = f"{{{{ ref('{ruleset.model}') }}}}"
    if ruleset.stage == "landing":
        place = f"{{{{ source('{ruleset.schema_name[4:]}', '{ruleset.model}') }}}}"
    query = dbt_tests()[f"gate_{name}.sql"].replace(place, ruleset.table)
    for (of, rule), planted in shipped.EVERYWHERE.items():
        if of != name or rule in ONLY_TOLD:
            continue
        shipped.fill(warehouse, ruleset, shipped.rows_of(ruleset))
        with warehouse.open("test") as session:
            assert session.rows(query) == []
        shipped.fill(warehouse, ruleset, shipped.rows_of(ruleset, planted=planted))
        with warehouse.open("test") as session:
            assert [row["rule_name"] for row in session.rows(query)] == [rule]
