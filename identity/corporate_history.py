"""Follows a company through renames and mergers by its 法人番号: dated names, dated successors.

The National Tax Agency publishes what happens to a number as events, and whole histories again
when something in them is corrected. A renamed company is one account under two names; an absorbed
one leads to its successor from a day on. Neither is ever a second account.

Two relations are made here (dates are DATE; null means not known, or not ended):

- aliases: corporate_number, name, valid_from, valid_to (the first day of the next name)
- redirects: corporate_number, successor, since; a chain is there step by step and to its end
"""

from __future__ import annotations

from datetime import date

from warehouse.connection import Session

# The day on which every existing company got its number: a fact of this day says which name the
# number was given to, not that the name was taken then.
FIRST_ASSIGNED = date(2015, 10, 5)

_NO_RENAMES = """(select
    null::text as cn, null::text as old_name, null::text as old_seen, null::text as new_name,
    null::text as renamed_on where false)"""
_NO_MERGERS = """(select
    null::text as cn, null::text as close_date, null::text as successor_cn where false)"""
_NO_EVENTS = """(select
    null::text as cn, null::text as process, null::text as update_date, null::text as change_date,
    null::text as name, null::text as close_date, null::text as successor_cn where false)"""


def write_aliases(
    session: Session, into: str, *, renames: str | None = None, events: str | None = None
) -> None:
    """Make the relation `into` of every name that a number had, with its time.

    `renames` has cn, old_name, old_seen (a day on which the old name was published), new_name and
    renamed_on; `events` has cn, name, change_date and update_date (the day of publication). A day
    with two names keeps what was published last; the other one stays an alias without time
    (valid_from and valid_to are that day). A name without a day ends where the next one begins.
    """
    session.execute(
        f"""
    create or replace table {into} as
    with told as (
        select distinct
            cn, old_name, new_name,
            try_cast(old_seen as date) as old_seen, try_cast(renamed_on as date) as renamed_on
        from {renames or _NO_RENAMES}
        where cn is not null
    ), dated as (
        select cn, new_name as name, renamed_on as since, max(old_seen) as published
        from told where renamed_on is not null group by all
        union
        select cn, name, try_cast(change_date as date), max(try_cast(update_date as date))
        from {events or _NO_EVENTS}
        where cn is not null and name is not null and try_cast(change_date as date) is not null
        group by all
    ), undated as (
        select
            cn, old_name as name, min(old_seen) as first_seen, max(old_seen) as last_seen,
            min(renamed_on) filter (renamed_on > $first) as until
        from told anti join dated on told.cn = dated.cn and told.old_name = dated.name
        where old_name is not null
        group by all
        union all
        select cn, new_name, null, null, null
        from told anti join dated on told.cn = dated.cn and told.new_name = dated.name
        where new_name is not null
        group by all
    ), seen as (
        -- Seen between two dated names: it began at the latest when it was seen.
        select cn, name, first_seen as since, last_seen as published
        from undated
        where first_seen < until
            and exists (from dated where dated.cn = undated.cn and since < first_seen)
    ), facts as (
        from dated union all from seen
    ), days as (
        select
            *, row_number() over (partition by cn, since order by published desc, name) as nth
        from facts
    ), changes as (
        select cn, name, since from days where nth = 1
        qualify name is distinct from lag(name) over (partition by cn order by since)
    ), periods as (
        select
            cn, name, since as valid_from,
            lead(since) over (partition by cn order by since) as valid_to
        from changes
    ), corrected as (
        select cn, name, since as valid_from, since as valid_to
        from days anti join periods using (cn, name)
        group by all
    ), unbegun as (
        select cn, name, null::date as valid_from, coalesce(until, last_seen) as valid_to
        from undated anti join seen using (cn, name)
    )
    select cn as corporate_number, name, valid_from, valid_to
    from (from periods union all from corrected union all from unbegun)
    order by corporate_number, valid_from nulls first, name
    """.replace("$first", f"date '{FIRST_ASSIGNED}'")
    )


def write_redirects(
    session: Session, into: str, *, mergers: str | None = None, events: str | None = None
) -> None:
    """Make the relation `into` of where an absorbed number leads, and since when.

    `mergers` has cn, close_date and successor_cn; `events` also has process and update_date: a
    register entry that was revived later (22), or a merger that was void (72), leads nowhere. Of
    several successors the last one counts, of several days of one successor the first. Where
    successors go round in a circle, the oldest step is not taken: its number lived on.
    """
    session.execute(f"""
    create or replace temp table successions as
    with told as (
        select cn, successor_cn, try_cast(close_date as date) as since from {mergers or _NO_MERGERS}
        union
        select cn, successor_cn, try_cast(close_date as date)
        from {events or _NO_EVENTS} as closing
        where successor_cn is not null and not exists (
            from {events or _NO_EVENTS} as later
            where later.cn = closing.cn and later.process in ('22', '72')
                and later.update_date > closing.update_date)
    )
    select cn, successor_cn, min(since) as since
    from told where cn <> successor_cn and since is not null
    group by cn, successor_cn
    qualify row_number() over (partition by cn order by max(since) desc, successor_cn) = 1
    """)
    session.execute(f"""
    create or replace table {into} as
    with recursive circles as (
        select cn as start, successor_cn as reached, [cn] as path, [(since, cn)] as steps
        from successions
        union all
        select start, s.successor_cn, list_append(path, s.cn), list_append(steps, (s.since, s.cn))
        from circles join successions as s on s.cn = reached
        where not list_contains(path, reached)
    ), broken as (
        select distinct list_min(steps) as step from circles where reached = start
    ), open as (
        select s.* from successions as s anti join broken on broken.step = (s.since, s.cn)
    ), walk as (
        select cn, successor_cn, since, 1 as steps from open
        union all
        select walk.cn, o.successor_cn, greatest(walk.since, o.since), steps + 1
        from walk join open as o on o.cn = walk.successor_cn
    )
    select cn as corporate_number, successor_cn as successor, since
    from walk
    qualify row_number() over (partition by cn, since order by steps desc) = 1
    order by corporate_number, since
    """)
    session.execute("drop table successions")


def resolve_corporate_numbers(session: Session, asked: str, redirects: str, into: str) -> None:
    """Make `into` (corporate_number, day, resolved, since) of `asked` (corporate_number, day).

    `resolved` is the number that the company goes by on the day (null: after all that is known):
    itself, or that of its successor since the day `since`.
    """
    session.execute(f"""
    create or replace table {into} as
    select
        a.corporate_number, a.day, coalesce(r.successor, a.corporate_number) as resolved, r.since
    from (
        select distinct
            corporate_number, cast(day as date) as day,
            coalesce(cast(day as date), date '9999-12-31') as until
        from {asked}) as a
    asof left join {redirects} as r
        on r.corporate_number = a.corporate_number and r.since <= a.until
    """)


def names_at(session: Session, asked: str, aliases: str, into: str) -> None:
    """Make `into` (corporate_number, day, name) of `asked` (corporate_number, day).

    `name` is the company's name on the day (null: its last one), null where none is known. A name
    whose beginning is known counts for more than one whose beginning is not.
    """
    session.execute(f"""
    create or replace table {into} as
    with days as (
        select distinct
            corporate_number, cast(day as date) as day,
            coalesce(cast(day as date), date '9999-12-31') as until
        from {asked}
    ), fitting as (
        select
            d.corporate_number, d.day,
            arg_max(n.name, (coalesce(n.valid_from, date '0001-01-01'), n.name)) as name
        from days as d join {aliases} as n
            on n.corporate_number = d.corporate_number
            and coalesce(n.valid_from <= d.until, true) and coalesce(n.valid_to > d.until, true)
        group by all
    )
    select d.corporate_number, d.day, f.name
    from days as d left join fitting as f
        on f.corporate_number = d.corporate_number and f.day is not distinct from d.day
    """)
