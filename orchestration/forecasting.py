"""What this and the next quarter will bring, what was believed of it, and how good that was."""

from __future__ import annotations

from datetime import date
from typing import Any

from orchestration.app import App
from warehouse import forecast_snapshots
from warehouse.connection import Row, Session, WarehouseError
from warehouse.errors import Misconfigured
from warehouse.forecast_snapshots import Taken

EVERYBODY = "(all)"
NOBODY = "(nobody)"

_POSITIONS = """
    select
        positions.* exclude (forecast_position, actual_amount, ended_at, is_called, is_latest),
        positions.quota_amount - positions.baseline_amount as gap_amount,
        forecast.better_method, forecast.reasons
    from metrics.forecast_positions as positions
    left join marts.forecast as forecast
        on forecast.owner_period = positions.period || ' ' || positions.owner_or_all
    where
        positions.is_latest and (positions.is_this_quarter or positions.is_next_quarter)
        and not positions.has_ended
    order by positions.period, positions.owner_or_all = '(all)', positions.owner_or_all
"""

_RECORDS = """
    select
        owner_or_all, method, call_count, forecast_amount, actual_amount, accuracy, bias,
        in_range_count, is_best
    from metrics.forecast_track_records
    order by owner_or_all != '(all)', owner_or_all, method_order
"""

_SETTINGS = "select as_of, as_of_date, reporting_currency from policy.policy_settings"


def take_snapshot(app: App, run_id: str) -> Taken:
    """Write down what the last build believes of today, once a day.

    Raises:
        Misconfigured: the forecast has not been built as of today.
    """
    with app.warehouse.open("writing the forecast down") as session:
        return forecast_snapshots.take(session, app.clock.now(), run_id)


def take_snapshot_after_build(app: App, run_id: str) -> Taken | None:
    """The same after a build; none if that was of other models, or as of another day."""
    try:
        return take_snapshot(app, run_id)
    except WarehouseError:
        raise
    except Misconfigured:
        return None


def forecast(app: App) -> dict[str, Any]:
    """This and the next quarter by owner, both ways, with their track record.

    Raises:
        Misconfigured: it has not been built.
    """
    with app.warehouse.open("reading the forecast") as session:
        _refuse_unbuilt(session)
        (settings,) = session.rows(_SETTINGS)
        names = _names(session)
        positions = [_named(row, names) for row in session.rows(_POSITIONS)]
        records = [_named(row, names) for row in session.rows(_RECORDS)]
        written = forecast_snapshots.days(session)
    return {
        **settings,
        "baseline_version": positions[0]["baseline_version"] if positions else None,
        "positions": positions,
        "track_records": records,
        "snapshots": len(written),
        "last_snapshot": written[-1]["snapshot_date"] if written else None,
    }


def forecast_on(app: App, day: date) -> dict[str, Any]:
    """What was believed on a day, as it was written down then.

    Raises:
        Misconfigured: nothing was written down.
        Held: it has been changed since.
    """
    with app.warehouse.open("reading a forecast of before") as session:
        rows = forecast_snapshots.owners_on(session, day)
        names = _names(session)
        (written,) = [
            one for one in forecast_snapshots.days(session) if one["snapshot_date"] == day
        ]
    return {**written, "positions": [_named(row, names) for row in rows]}


def snapshot_days(app: App) -> list[Row]:
    """The days that are written down, oldest first."""
    with app.warehouse.open("reading the days of forecasts") as session:
        return forecast_snapshots.days(session)


def _refuse_unbuilt(session: Session) -> None:
    if not session.value(
        "select count(*) from duckdb_tables() where database_name = current_database()"
        " and schema_name = 'marts' and table_name = 'forecast'"
    ):
        raise Misconfigured("There is no forecast yet", advice="run `revops build` first")


def _names(session: Session) -> dict[str, str]:
    rows = session.rows("select owner_id, owner_name from canonical.owner")
    return {row["owner_id"]: row["owner_name"] for row in rows if row["owner_name"]}


def _named(row: Row, names: dict[str, str]) -> Row:
    """With the owner's name, by which people know them."""
    owner = row["owner_or_all"]
    return {"owner": names.get(owner, owner) or NOBODY, **row}
