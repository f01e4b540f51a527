{%- set terms = [
    'price_id', 'product_id', 'currency', 'unit_amount', 'quantity', 'billing_interval',
    'interval_count', 'usage_type',
] -%}
with

changes as (

    select * from {{ ref('stg_stripe__subscription_item_changes') }}

),

priors as (

    select * from {{ ref('stg_stripe__subscription_item_priors') }}

),

versions as (

    select * from {{ ref('stg_stripe__subscription_item_versions') }}

),

-- What Stripe knows no longer, such as subscriptions of a test clock, never was.
subscriptions as (

    select * from {{ ref('stg_stripe__subscriptions') }}
    where not is_deleted

),

invoices as (

    select * from {{ ref('stg_stripe__invoices') }}
    where not is_deleted and status in ('open', 'paid', 'uncollectible')

),

invoice_lines as (

    select * from {{ ref('stg_stripe__invoice_lines') }}
    where not is_deleted and line_type in ('recurring', 'proration')

),

prices as (

    select * from {{ ref('stg_stripe__prices') }}

),

-- Whatever was seen of a subscription: right after an event, or by a run.
sightings as (

    select
        subscription_id,
        customer_id,
        subscription_item_id,
        event_id as sighting_id,
        valid_from as seen_at,
        true as is_event,
        case event_type
            when 'customer.subscription.created' then 0
            when 'customer.subscription.deleted' then 2
            else 1
        end as place,
        has_all_items,
        item_created_at,
        status,
        {{ terms | join(', ') }},
        _extracted_at
    from changes

    union all

    select
        subscription_id,
        customer_id,
        subscription_item_id,
        subscription_id || ':' || version_number as sighting_id,
        _extracted_at as seen_at,
        false as is_event,
        3 as place,
        true as has_all_items,
        item_created_at,
        status,
        {{ terms | join(', ') }},
        _extracted_at
    from versions

),

-- A run may see a cancellation days after it took effect.
dated as (

    select
        sightings.*
        replace (
            case
                when sightings.status = 'canceled'
                    then least(sightings.seen_at, subscriptions.ended_at)
                else sightings.seen_at
            end as seen_at
        ),
        sightings.seen_at as told_at
    from sightings
    inner join subscriptions
        on sightings.subscription_id = subscriptions.subscription_id

),

moments as (

    select distinct
        subscription_id,
        sighting_id,
        seen_at,
        told_at,
        is_event,
        place,
        has_all_items,
        status
    from dated

),

behind_events as (

    select
        *,
        max(case when is_event and has_all_items then told_at end) over (
            partition by subscription_id
            order by told_at, place, sighting_id
        ) as last_event_at
    from moments

),

-- What a run lands may have been read before an event that happened meanwhile: the event is right.
trusted as (

    select
        subscription_id,
        sighting_id,
        seen_at,
        is_event,
        place,
        has_all_items,
        status,
        row_number() over known as sighting_number,
        lag(seen_at) over known as previously_seen_at
    from behind_events
    where
        is_event
        or last_event_at is null
        or last_event_at < told_at - {{ var('staging_overlap') }}
    window known as (partition by subscription_id order by seen_at, place, sighting_id)

),

first_sightings as (

    select * from trusted
    where sighting_number = 1

),

-- Where an item is shown for the first time, and until when it surely was not there before.
shown_items as (

    select
        dated.subscription_item_id,
        dated.subscription_id,
        min(dated.customer_id) as customer_id,
        min(dated.item_created_at) as item_created_at,
        min(trusted.sighting_number) as first_shown_number,
        {{ first_by('trusted.sighting_id', 'trusted.sighting_number') }} as first_shown_id
    from dated
    inner join trusted
        on
            dated.subscription_id = trusted.subscription_id
            and dated.sighting_id = trusted.sighting_id
    group by dated.subscription_item_id, dated.subscription_id

),

-- Events show ten items at most: one that was made before them was there, though none shows it.
hidden_since as (

    select
        shown_items.subscription_item_id,
        shown_items.subscription_id,
        min(trusted.sighting_number) as sighting_number
    from shown_items
    inner join trusted
        on
            shown_items.subscription_id = trusted.subscription_id
            and shown_items.first_shown_number > trusted.sighting_number
            and shown_items.item_created_at <= trusted.seen_at
    group by shown_items.subscription_item_id, shown_items.subscription_id
    having not bool_or(trusted.has_all_items)

),

-- An item is looked for in all that was seen of its subscription since it first was there.
items as (

    select
        shown_items.*,
        coalesce(hidden_since.sighting_number, shown_items.first_shown_number)
            as first_sighting_number
    from shown_items
    left join hidden_since
        on
            shown_items.subscription_item_id = hidden_since.subscription_item_id
            and shown_items.subscription_id = hidden_since.subscription_id

),

looked_for as (

    select
        items.subscription_item_id,
        items.subscription_id,
        case
            when
                items.first_sighting_number < trusted.sighting_number
                or trusted.previously_seen_at is null
                then trusted.seen_at
            -- It came between two sightings, and says when.
            else greatest(trusted.previously_seen_at, least(trusted.seen_at, items.item_created_at))
        end as valid_from,
        trusted.sighting_number,
        -- An event shows ten items at most: one that it does not show may still be there.
        case
            when dated.sighting_id is null and trusted.has_all_items then 'removed'
            else trusted.status
        end as status,
        coalesce(
            last_value(dated.sighting_id ignore nulls) over (
                partition by items.subscription_item_id
                order by trusted.sighting_number
            ),
            items.first_shown_id
        ) as shown_by
    from items
    inner join trusted
        on
            items.subscription_id = trusted.subscription_id
            and items.first_sighting_number <= trusted.sighting_number
    left join dated
        on
            items.subscription_item_id = dated.subscription_item_id
            and trusted.subscription_id = dated.subscription_id
            and trusted.sighting_id = dated.sighting_id

),

seen_states as (

    select
        looked_for.subscription_item_id,
        looked_for.subscription_id,
        looked_for.valid_from,
        looked_for.sighting_number as place,
        looked_for.status,
        {{ columns_of('dated', terms) }},
        dated._extracted_at
    from looked_for
    inner join dated
        on
            looked_for.subscription_item_id = dated.subscription_item_id
            and looked_for.subscription_id = dated.subscription_id
            and looked_for.shown_by = dated.sighting_id

),

-- What was before the first sighting: an event tells it, a run shows what had lasted.
statuses_before as (

    select
        first_sightings.subscription_id,
        first_sightings.sighting_id,
        first_sightings.seen_at,
        first_sightings.is_event,
        coalesce(min(priors.status), min(first_sightings.status)) as status,
        coalesce(bool_and(priors.has_all_items), true) as has_all_items
    from first_sightings
    left join priors
        on first_sightings.sighting_id = priors.event_id
    where not first_sightings.is_event or priors.event_id is not null
    group by
        first_sightings.subscription_id,
        first_sightings.sighting_id,
        first_sightings.seen_at,
        first_sightings.is_event

),

first_states as (

    select
        priors.subscription_item_id,
        priors.subscription_id,
        priors.item_created_at,
        statuses_before.seen_at,
        statuses_before.status,
        {{ columns_of('priors', terms) }},
        priors._extracted_at
    from statuses_before
    inner join priors
        on statuses_before.sighting_id = priors.event_id

    union all

    -- The first run shows it itself; so does a later sighting where the event left it out.
    select
        items.subscription_item_id,
        items.subscription_id,
        items.item_created_at,
        statuses_before.seen_at,
        statuses_before.status,
        {{ columns_of('dated', terms) }},
        dated._extracted_at
    from items
    inner join statuses_before
        on items.subscription_id = statuses_before.subscription_id
    inner join trusted
        on
            items.subscription_id = trusted.subscription_id
            and items.first_shown_number = trusted.sighting_number
    inner join dated
        on
            items.subscription_item_id = dated.subscription_item_id
            and trusted.subscription_id = dated.subscription_id
            and trusted.sighting_id = dated.sighting_id
    left join priors
        on
            statuses_before.sighting_id = priors.event_id
            and items.subscription_item_id = priors.subscription_item_id
    where
        priors.event_id is null
        and (
            (not statuses_before.is_event and items.first_shown_number = 1)
            or (
                not statuses_before.has_all_items
                and items.item_created_at < statuses_before.seen_at
            )
        )

),

-- Before that, bills tell what was sold; what is charged back tells what was sold until then.
billed as (

    select
        invoice_lines.subscription_item_id,
        invoice_lines.subscription_id,
        invoice_lines.invoice_line_id,
        invoice_lines.gross_amount < 0 as is_given_back,
        invoice_lines.period_started_at as billed_from,
        invoice_lines.period_ended_at as billed_until,
        invoice_lines.price_id,
        coalesce(prices.product_id, invoice_lines.product_id) as product_id,
        invoice_lines.currency,
        coalesce(prices.unit_amount, invoice_lines.unit_amount) as unit_amount,
        invoice_lines.quantity,
        prices.billing_interval,
        prices.interval_count,
        prices.usage_type,
        first_sightings.seen_at,
        invoice_lines._extracted_at
    from invoice_lines
    inner join invoices
        on invoice_lines.invoice_id = invoices.invoice_id
    inner join first_sightings
        on invoice_lines.subscription_id = first_sightings.subscription_id
    left join prices
        on invoice_lines.price_id = prices.price_id
    where
        invoice_lines.subscription_item_id is not null
        and invoice_lines.period_started_at < first_sightings.seen_at
        and coalesce(prices.usage_type, 'licensed') != 'metered'

),

-- An old item has a first state, or bills, or both.
old_items as (

    select
        subscription_item_id,
        subscription_id,
        min(began_at) as began_at,
        min(seen_at) as seen_at,
        bool_or(has_state) as has_state,
        max(sold_from) as sold_from,
        max(given_back_from) as given_back_from,
        max(billed_until) as billed_until
    from (
        select
            subscription_item_id,
            subscription_id,
            item_created_at as began_at,
            seen_at,
            true as has_state,
            null as sold_from,
            null as given_back_from,
            null as billed_until
        from first_states

        union all

        select
            subscription_item_id,
            subscription_id,
            billed_from as began_at,
            seen_at,
            false as has_state,
            case when not is_given_back then billed_from end as sold_from,
            case when is_given_back then billed_from end as given_back_from,
            billed_until
        from billed
    ) as told
    group by subscription_item_id, subscription_id

),

-- In dunning since the oldest bill that is still open.
unpaid_since as (

    select
        subscription_id,
        min(issued_at) as issued_at
    from invoices
    where status = 'open'
    group by subscription_id

),

old_terms as (

    select
        subscription_item_id,
        billed_from as valid_from,
        case when is_given_back then 0 else 1 end as place,
        invoice_line_id as terms_id,
        {{ terms | join(', ') }},
        _extracted_at
    from billed

    union all

    -- What was first seen had held since the last bill, or since it began.
    select
        first_states.subscription_item_id,
        greatest(old_items.began_at, coalesce(old_items.sold_from, old_items.began_at))
            as valid_from,
        2 as place,
        'first' as terms_id,
        {{ columns_of('first_states', terms) }},
        first_states._extracted_at
    from first_states
    inner join old_items
        on first_states.subscription_item_id = old_items.subscription_item_id

),

oldest_terms as (

    select * from old_terms
    qualify
        row_number() over (
            partition by subscription_item_id order by valid_from, place, terms_id
        ) = 1

),

-- The instants before the first sighting at which something became other.
turns as (

    select
        oldest_terms.subscription_item_id,
        old_items.began_at as valid_from,
        -1 as place,
        oldest_terms.terms_id
    from oldest_terms
    inner join old_items
        on oldest_terms.subscription_item_id = old_items.subscription_item_id

    union all

    select
        subscription_item_id,
        valid_from,
        place,
        terms_id
    from old_terms
    where place > 0

    union all

    select
        old_items.subscription_item_id,
        subscriptions.trial_ends_at as valid_from,
        3 as place,
        null as terms_id
    from old_items
    inner join subscriptions
        on old_items.subscription_id = subscriptions.subscription_id

    union all

    select
        old_items.subscription_item_id,
        unpaid_since.issued_at as valid_from,
        3 as place,
        null as terms_id
    from old_items
    inner join unpaid_since
        on old_items.subscription_id = unpaid_since.subscription_id

    union all

    -- What was gone when the subscription was first seen ended where it was charged back.
    select
        subscription_item_id,
        case
            when given_back_from >= sold_from then given_back_from
            else least(billed_until, seen_at)
        end as valid_from,
        4 as place,
        'gone' as terms_id
    from old_items
    where not has_state

),

carried as (

    select
        turns.subscription_item_id,
        turns.valid_from,
        turns.place,
        last_value(turns.terms_id ignore nulls) over (
            partition by turns.subscription_item_id
            order by turns.valid_from, turns.place, turns.terms_id
        ) as terms_id
    from turns
    inner join old_items
        on turns.subscription_item_id = old_items.subscription_item_id
    where old_items.began_at <= turns.valid_from and turns.valid_from < old_items.seen_at

),

old_states as (

    select
        carried.subscription_item_id,
        old_items.subscription_id,
        carried.valid_from,
        carried.place - 10 as place,
        case
            when carried.terms_id = 'gone' then 'removed'
            when
                subscriptions.trial_started_at <= carried.valid_from
                and carried.valid_from < subscriptions.trial_ends_at
                then 'trialing'
            when first_states.status in ('incomplete', 'incomplete_expired', 'paused')
                then first_states.status
            when
                first_states.status in ('past_due', 'unpaid')
                and unpaid_since.issued_at <= carried.valid_from
                then first_states.status
            else 'active'
        end as status,
        {{ columns_of('old_terms', terms) }},
        coalesce(old_terms._extracted_at, first_states._extracted_at) as _extracted_at
    from carried
    inner join old_items
        on carried.subscription_item_id = old_items.subscription_item_id
    inner join subscriptions
        on old_items.subscription_id = subscriptions.subscription_id
    left join first_states
        on carried.subscription_item_id = first_states.subscription_item_id
    left join old_terms
        on
            carried.subscription_item_id = old_terms.subscription_item_id
            and carried.terms_id = old_terms.terms_id
    left join unpaid_since
        on old_items.subscription_id = unpaid_since.subscription_id

),

states as (

    select * from old_states
    union all by name
    select * from seen_states
    union all by name
    -- What no sighting shows was gone by the first of them.
    select
        old_items.subscription_item_id,
        old_items.subscription_id,
        old_items.seen_at as valid_from,
        0 as place,
        'removed' as status
    from old_items
    left join items
        on old_items.subscription_item_id = items.subscription_item_id
    where items.subscription_item_id is null

),

ended as (

    select
        *,
        lead(valid_from) over (
            partition by subscription_item_id
            order by valid_from, place
        ) as valid_to
    from states

),

final as (

    select
        {{ entity_id(
            'sis', "concat_ws(':', subscription_item_id, " ~ microseconds('valid_from') ~ ")"
        ) }} as subscription_item_state_id,
        ended.subscription_item_id,
        ended.subscription_id,
        subscriptions.customer_id,
        ended.status,
        {{ columns_of('ended', terms) }},
        ended.valid_from,
        ended.valid_to,
        ended._extracted_at
    from ended
    inner join subscriptions
        on ended.subscription_id = subscriptions.subscription_id
    where
        ended.valid_from < coalesce(ended.valid_to, 'infinity')
        and ended.status in ('trialing', 'active', 'past_due', 'unpaid')

)

select * from final
