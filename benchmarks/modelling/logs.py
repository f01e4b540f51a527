"""Makes the raw logs of a company's tools of any size, set-wise, and the changes of a day later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.modelling.company import MACROS
from connectors.core import registry
from connectors.core.extract import create_raw_tables
from warehouse.connection import Session, Warehouse

# Rows at scale 1: a million people, five million things that they did.
ROWS = {
    "company": 100_000,
    "contact": 700_000,
    "lead": 400_000,
    "deal": 300_000,
    "event": 2_500_000,
    "mail": 1_000_000,
    "deed": 1_500_000,
    "subscription": 200_000,
    "invoice": 400_000,
    "ticket": 200_000,
    "user": 200_000,
}
# Of a thing that changes, one in a hundred is landed again; of what only happens, one more happens.
_CHANGED = 0.01

_SYLLABLES = """[
    'ka', 'mi', 'to', 'ren', 'sol', 'ver', 'an', 'dor', 'lu', 'fen', 'gar', 'hil', 'jas', 'kor',
    'lem', 'mor', 'nat', 'oli', 'pra', 'qui', 'ros', 'sta', 'tur', 'umb', 'val', 'wes', 'yor', 'zel'
]"""

_WORDS = (
    "stamp(moment) as strftime(moment, '%Y-%m-%dT%H:%M:%S.000Z')",
    "unix(moment) as cast(epoch(moment) as bigint)",
    f"syllable(i, purpose) as word(i, purpose, {_SYLLABLES})",
    """
    coined(i, purpose) as syllable(i, purpose || 1) || syllable(i, purpose || 2)
    || syllable(i, purpose || 3) || syllable(i, purpose || 4)
    """,
    "domain(c) as coined(c, 'name') || '-' || coined(c, 'trade') || '.example'",
    # A person is one contact and often also one lead.
    """
    address(i, companies) as coined(i, 'first') || '.' || coined(i, 'last') || '@'
    || domain(mostly_first(i, 'company', companies))
    """,
)

# Of things that change: `written` is when this version was written.
_RECORDS = {
    "hubspot.companies": (
        "company",
        """
        select i, 'c' || i as key, {
            'id': 'c' || i, 'archived': false, 'createdAt': stamp(instant(i, 'created')),
            'updatedAt': stamp(written), 'properties': {
                'name': coined(i, 'name') || ' ' || coined(i, 'trade') || ' Ltd.',
                'domain': domain(i),
                'country': word(i, 'country', ['Japan', 'Germany', 'United States']),
                'numberofemployees': cast(10 + mostly_first(i, 'size', 5000) as varchar),
                'lifecyclestage': 'customer', 'hs_object_id': 'c' || i
            }
        } as payload
        """,
    ),
    "hubspot.contacts": (
        "contact",
        """
        select i, 'p' || i as key, {
            'id': 'p' || i, 'archived': false, 'createdAt': stamp(instant(i, 'created')),
            'updatedAt': stamp(written), 'properties': {
                'email': address(i, {company}), 'firstname': coined(i, 'first'),
                'lastname': coined(i, 'last'),
                'jobtitle': word(i, 'title', ['Manager', 'CEO', null]),
                'lifecyclestage': word(i, 'stage', ['lead', 'marketingqualifiedlead', 'customer']),
                'associatedcompanyid': 'c' || mostly_first(i, 'company', {company}),
                'hs_analytics_source': 'ORGANIC_SEARCH', 'hs_object_id': 'p' || i
            }
        } as payload
        """,
    ),
    "hubspot.deals": (
        "deal",
        """
        select i, 'd' || i as key, {
            'id': 'd' || i, 'archived': false, 'createdAt': stamp(instant(i, 'created')),
            'updatedAt': stamp(written), 'properties': {
                'dealname': 'Deal ' || i,
                'amount': cast(500 + any_of(i, 'amount', 50000) as varchar),
                'deal_currency_code': frequent(i, 'currency', ['USD', 'JPY', 'EUR']),
                'dealstage': word(i, 'stage', ['qualifiedtobuy', 'contractsent', 'closedwon']),
                'pipeline': 'default', 'dealtype': 'newbusiness', 'closedate': stamp(written),
                'hs_primary_associated_company': 'c' || mostly_first(i, 'account', {company}),
                'hs_is_closed': cast(word(i, 'stage', [1, 2, 3]) = 3 as varchar),
                'hs_is_closed_won': cast(word(i, 'stage', [1, 2, 3]) = 3 as varchar)
            }
        } as payload
        """,
    ),
    "hubspot.property_histories": (
        "deal",
        """
        select i, 'deals/d' || i as key, {
            'objectType': 'deals', 'id': 'd' || i, 'archived': false, 'propertiesWithHistory': {
                'dealstage': [
                    {'value': 'contractsent', 'timestamp': stamp(written), 'sourceType': 'CRM_UI'},
                    {'value': 'presentationscheduled', 'sourceType': 'CRM_UI',
                    'timestamp': stamp(instant(i, 'created') + interval 9 day)},
                    {'value': 'qualifiedtobuy', 'timestamp': stamp(instant(i, 'created')),
                    'sourceType': 'CRM_UI'}
                ]
            }
        } as payload
        """,
    ),
    "marketo.leads": (
        "lead",
        """
        select i, cast(i as varchar) as key, {
            'id': cast(i as varchar), 'email': address(i, {company}),
            'firstName': coined(i, 'first'),
            'lastName': coined(i, 'last'), 'leadSource': 'Webinar', 'leadStatus': 'New',
            'unsubscribed': 'false', 'createdAt': stamp(instant(i, 'created')),
            'updatedAt': stamp(written)
        } as payload
        """,
    ),
    "stripe.customers": (
        "company",
        """
        select i, 'cus_' || i as key, {
            'id': 'cus_' || i, 'object': 'customer', 'created': unix(instant(i, 'created')),
            'email': 'billing@' || domain(i),
            'name': coined(i, 'name') || ' ' || coined(i, 'trade'),
            'currency': lower(frequent(i, 'currency', ['USD', 'JPY', 'EUR'])), 'metadata': MAP {}
        } as payload
        """,
    ),
    "stripe.subscriptions": (
        "subscription",
        """
        select i, 'sub_' || i as key,
        subscription(i, {company}, 1 + cast(written > back(0) as integer))
            as payload
        """,
    ),
    "stripe.invoices": (
        "invoice",
        """
        select i, 'in_' || i as key, {
            'id': 'in_' || i, 'object': 'invoice', 'created': unix(instant(i, 'issued')),
            'customer': 'cus_' || mostly_first(i % {subscription}, 'customer', {company}),
            'subscription': 'sub_' || (i % {subscription}), 'status': 'paid',
            'currency': lower(frequent(i, 'currency', ['USD', 'JPY', 'EUR'])), 'number': 'N-' || i,
            'subtotal': 1000, 'total': 1000,
            'status_transitions': {'finalized_at': unix(instant(i, 'issued'))},
            'lines': {'object': 'list', 'has_more': false, 'data': [{
                'id': 'il_' || i, 'object': 'line_item', 'amount': 1000, 'quantity': 1,
                'currency': lower(frequent(i, 'currency', ['USD', 'JPY', 'EUR'])),
                'subscription': 'sub_' || (i % {subscription}),
                'subscription_item': 'si_' || (i % {subscription}), 'type': 'subscription',
                'period': {
                    'start': unix(instant(i, 'issued')), 'end': unix(instant(i, 'issued')) + 2592000
                }
            }]}
        } as payload
        """,
    ),
    "zendesk.users": (
        "user",
        """
        select i, cast(i as varchar) as key, {
            'id': i, 'name': coined(i, 'first') || ' ' || coined(i, 'last'), 'role': 'end-user',
            'email': address(i, {company}), 'active': true,
            'created_at': stamp(instant(i, 'created')),
            'updated_at': stamp(written)
        } as payload
        """,
    ),
    "zendesk.tickets": (
        "ticket",
        """
        select i, cast(i as varchar) as key, {
            'id': i, 'subject': 'Question', 'status': 'open', 'priority': 'normal',
            'requester_id': mostly_first(i, 'user', {user}),
            'submitter_id': mostly_first(i, 'user', {user}),
            'created_at': stamp(instant(i, 'created')), 'updated_at': stamp(written)
        } as payload
        """,
    ),
}

# Of things that happen once.
_HAPPENINGS = {
    "events.events": (
        "event",
        """
        select i, 'e' || format('{:016x}', hash(i, 'event')) as key, {
            'messageId': 'e' || format('{:016x}', hash(i, 'event')), 'type': 'page', 'name': 'Home',
            'anonymousId': 'anon-' || mostly_first(i // 3, 'visitor', {contact}),
            'userId': case when chance(i // 3, 'known') < 0.3 then address(
                mostly_first(i // 3, 'visitor', {contact}), {company}
            ) end,
            'context': {
                'page': {
                    'path': '/p' || any_of(i, 'page', 50),
                    'url': 'https://www.product.example/p' || any_of(i, 'page', 50),
                    'referrer': case when i % 3 = 0 then word(i, 'referrer', [
                        'https://www.google.com/', 'https://news.example/', null
                    ]) end
                },
                'campaign': case when i % 15 = 0 then {'source': 'google', 'medium': 'cpc'} end
            },
            'originalTimestamp': stamp(happened), 'receivedAt': stamp(happened)
        } as payload
        """,
    ),
    "hubspot.email_events": (
        "mail",
        """
        select i, 'm' || i as key, {
            'id': 'm' || i, 'type': frequent(i, 'type', ['SENT', 'DELIVERED', 'OPEN', 'CLICK']),
            'recipient': address(any_of(i, 'recipient', {contact}), {company}),
            'emailCampaignId': 7,
            'created': 1000 * unix(happened)
        } as payload
        """,
    ),
    "marketo.activities": (
        "deed",
        """
        select i, cast(i as varchar) as key, {
            'marketoGUID': cast(i as varchar), 'leadId': cast(any_of(i, 'lead', {lead}) as varchar),
            'activityTypeId': word(i, 'type', ['1', '2', '11']), 'activityDate': stamp(happened),
            'primaryAttributeValue': 'www.product.example/p' || any_of(i, 'page', 50),
            'attributes': {'Webpage URL': '/p' || any_of(i, 'page', 50), 'Referrer URL': null}
        } as payload
        """,
    ),
    "stripe.events": (
        "subscription",
        """
        select i, 'evt_' || i as key, {
            'id': 'evt_' || i, 'object': 'event', 'api_version': '2024-06-20',
            'type': 'customer.subscription.updated', 'created': unix(happened),
            'data': {
                'object': subscription(i % {subscription}, {company}, 2),
                'previous_attributes': {'quantity': 1}
            }
        } as payload
        """,
    ),
    "zendesk.ticket_events": (
        "ticket",
        """
        select i, cast(i as varchar) as key, {
            'id': i, 'ticket_id': i % {ticket}, 'created_at': stamp(happened),
            'timestamp': unix(happened), 'updater_id': mostly_first(i % {ticket}, 'user', {user}),
            'event_type': 'Audit', 'child_events': [
                {'id': 3 * i, 'event_type': 'Comment', 'status': null, 'public': true,
                'author_id': mostly_first(i % {ticket}, 'user', {user}), 'body': 'How do we do it?',
                'created_at': stamp(happened)},
                {'id': 3 * i + 1, 'event_type': 'Create', 'status': 'new', 'public': null,
                'author_id': null, 'body': null, 'created_at': null}
            ]
        } as payload
        """,
    ),
}

_SUBSCRIPTION = """subscription(i, companies, quantity) as {
    'id': 'sub_' || i, 'object': 'subscription', 'status': 'active',
    'customer': 'cus_' || mostly_first(i, 'customer', companies),
    'currency': lower(frequent(i, 'currency', ['USD', 'JPY', 'EUR'])),
    'created': unix(instant(i, 'began')), 'start_date': unix(instant(i, 'began')),
    'items': {'object': 'list', 'has_more': false, 'data': [{
        'id': 'si_' || i, 'object': 'subscription_item', 'created': unix(instant(i, 'began')),
        'quantity': quantity + any_of(i, 'quantity', 50),
        'price': {
            'id': 'price_' || any_of(i, 'price', 50), 'product': 'prod_' || any_of(i, 'price', 5),
            'currency': lower(frequent(i, 'currency', ['USD', 'JPY', 'EUR'])),
            'unit_amount': 1000, 'unit_amount_decimal': '1000',
            'recurring': {'interval': 'month', 'interval_count': 1, 'usage_type': 'licensed'}
        }
    }]}
}"""

_ACTIVITY_TYPES = "map {'1': 'Visit Webpage', '2': 'Fill Out Form', '11': 'Click Email'}"


def land_all(warehouse: Warehouse, scale: float = 1) -> int:
    """Land the first day of every tool in a new warehouse; how many versions there are."""
    create_raw_tables(warehouse, registry.sources().values())
    counts = _counts(scale)
    with _prepared(warehouse) as session:
        landed = 0
        for stream, (of, query) in _RECORDS.items():
            rows = f"select i, back(0) - to_seconds(i) as written from range({counts[of]}) as t (i)"
            landed += _land(session, stream, query, counts, rows, day=0)
        for stream, (of, query) in _HAPPENINGS.items():
            rows = (
                "select i, instant(i // 3, 'time') + to_seconds(20 * (i % 3)) as happened"
                f" from range({counts[of]}) as t (i)"
            )
            landed += _land(session, stream, query, counts, rows, day=0)
        kinds = f"select i, unnest(map_entries({_ACTIVITY_TYPES})) as kind from range(1) as t (i)"
        query = "select kind.key as key, {'id': kind.key, 'name': kind.value} as payload"
        return landed + _land(session, "marketo.activity_types", query, counts, kinds, day=0)


def land_changes(warehouse: Warehouse, scale: float = 1) -> int:
    """Land what changed and happened on the day after: one in a hundred of every stream."""
    counts = _counts(scale)
    with _prepared(warehouse) as session:
        landed = 0
        for stream, (of, query) in _RECORDS.items():
            rows = (
                f"select i, back(-43200) as written from range({counts[of]}) as t (i)"
                f" where chance(i, 'changed') < {_CHANGED}"
            )
            landed += _land(session, stream, query, counts, rows, day=1)
        for stream, (of, query) in _HAPPENINGS.items():
            first = counts[of]
            rows = (
                "select i, back(-any_of(i // 3, 'second', 80000)) as happened"
                f" from range({first}, {first + round(first * _CHANGED)}) as t (i)"
            )
            landed += _land(session, stream, query, counts, rows, day=1)
        return landed


def _counts(scale: float) -> dict[str, int]:
    return {name: max(20, round(count * scale)) for name, count in ROWS.items()}


@contextmanager
def _prepared(warehouse: Warehouse) -> Iterator[Session]:
    with warehouse.open("landing what is measured") as session:
        session.execute("set threads = 2; set preserve_insertion_order = false")
        for macro in (*MACROS, *_WORDS, _SUBSCRIPTION):
            session.execute(f"create temp macro {macro}")
        yield session


def _land(
    session: Session, stream: str, query: str, counts: dict[str, int], rows: str, *, day: int
) -> int:
    for name, count in counts.items():
        query = query.replace(f"{{{name}}}", str(count))
    return int(
        session.value(
            f"""
            insert into raw_{stream}
            select key, null, back({-86400 * day}), 'run {day}', false, to_json(payload)
            from ({query} from ({rows}) as rows_of_stream) as versions
            """
        )
    )
