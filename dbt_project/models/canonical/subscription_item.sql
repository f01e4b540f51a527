{%- set terms = [
    'price_id', 'product_id', 'status', 'currency', 'unit_amount', 'quantity', 'billing_interval',
    'interval_count', 'discount_pct', 'discount_kind', 'usage_type',
] -%}
{%- set discount_terms = [
    'discount_id', 'subscription_item_id', 'discount_kind', 'discount_pct', 'amount_off', 'currency',
    'valid_from', 'valid_to',
] -%}
with

states as (

    select * from {{ ref('subscription_item_state') }}

),

discounts as (

    select * from {{ ref('subscription_discount') }}

),

account_map as (

    select * from {{ ref('account_map') }}

),

subscriptions as (

    select distinct
        subscription_id,
        customer_id
    from states

),

-- A discount of a customer is one of each subscription that has none of its own.
granted as (

    select
        subscriptions.subscription_id,
        false as is_customers,
        {{ columns_of('discounts', discount_terms) }}
    from subscriptions
    inner join discounts
        on subscriptions.subscription_id = discounts.subscription_id

    union all

    select
        subscriptions.subscription_id,
        true as is_customers,
        {{ columns_of('discounts', discount_terms) }}
    from subscriptions
    inner join discounts
        on subscriptions.customer_id = discounts.customer_id
    where discounts.subscription_id is null

),

-- An amount off is shared by all items, so a change of one is a turn for all.
turns as (

    select
        subscription_id,
        valid_from as turned_at
    from states

    union

    select
        subscription_id,
        valid_to as turned_at
    from states
    where valid_to is not null

    union

    select
        subscription_id,
        valid_from as turned_at
    from granted

    union

    select
        subscription_id,
        valid_to as turned_at
    from granted
    where valid_to is not null

),

pieces as (

    select
        states.subscription_item_state_id,
        states.subscription_item_id,
        states.subscription_id,
        states.customer_id,
        states.status,
        states.price_id,
        states.product_id,
        states.currency,
        states.unit_amount,
        states.quantity,
        states.billing_interval,
        states.interval_count,
        states.usage_type,
        states._extracted_at,
        turns.turned_at,
        states.unit_amount * states.quantity as gross_amount,
        sum(states.unit_amount * states.quantity) over (
            partition by states.subscription_id, turns.turned_at
        ) as subscription_amount,
        lead(turns.turned_at, 1, states.valid_to) over (
            partition by states.subscription_item_state_id
            order by turns.turned_at
        ) as ended_at
    from states
    inner join turns
        on
            states.subscription_id = turns.subscription_id
            and states.valid_from <= turns.turned_at
            and turns.turned_at < coalesce(states.valid_to, 'infinity')

),

own_discounts as (

    select distinct
        pieces.subscription_id,
        pieces.turned_at
    from pieces
    inner join granted
        on
            pieces.subscription_id = granted.subscription_id
            and pieces.turned_at >= granted.valid_from
            and pieces.turned_at < coalesce(granted.valid_to, 'infinity')
    where not granted.is_customers and granted.subscription_item_id is null

),

shares as (

    select
        pieces.subscription_item_state_id,
        pieces.turned_at,
        granted.discount_kind,
        {{ share_kept(
            'granted.discount_pct',
            "case when granted.currency = pieces.currency then granted.amount_off end",
            'case when granted.subscription_item_id is null'
            ~ ' then pieces.subscription_amount else pieces.gross_amount end'
        ) }} as share_kept
    from pieces
    inner join granted
        on
            pieces.subscription_id = granted.subscription_id
            and pieces.subscription_item_id
            = coalesce(granted.subscription_item_id, pieces.subscription_item_id)
            and pieces.turned_at >= granted.valid_from
            and pieces.turned_at < coalesce(granted.valid_to, 'infinity')
    left join own_discounts
        on
            pieces.subscription_id = own_discounts.subscription_id
            and pieces.turned_at = own_discounts.turned_at
    where not granted.is_customers or own_discounts.turned_at is null

),

-- A version has one kind of discount: where some last and some end, those that last.
lasting as (

    select
        *,
        bool_or(discount_kind = 'forever') over (
            partition by subscription_item_state_id, turned_at
        ) as has_lasting
    from shares

),

discounted as (

    select
        subscription_item_state_id,
        turned_at,
        case when has_lasting then 'forever' else 'finite' end as discount_kind,
        {{ discount_pct('share_kept') }} as discount_pct
    from lasting
    where discount_kind = 'forever' or not has_lasting
    group by subscription_item_state_id, turned_at, has_lasting

),

described as (

    select
        pieces.subscription_item_id,
        pieces.subscription_id,
        pieces.customer_id,
        pieces.price_id,
        pieces.product_id,
        pieces.status,
        pieces.currency,
        pieces.unit_amount,
        pieces.quantity,
        pieces.billing_interval,
        pieces.interval_count,
        case when discounted.discount_kind is null then 0 else discounted.discount_pct end
            as discount_pct,
        coalesce(discounted.discount_kind, 'none') as discount_kind,
        pieces.usage_type,
        pieces.turned_at as valid_from,
        pieces.ended_at as valid_to,
        pieces._extracted_at
    from pieces
    left join discounted
        on
            pieces.subscription_item_state_id = discounted.subscription_item_state_id
            and pieces.turned_at = discounted.turned_at

),

compared as (

    select
        *,
        {{ previous(terms, 'history') }},
        lag(valid_to) over history as previous_valid_to
    from described
    window history as (partition by subscription_item_id order by valid_from)

),

-- Many things are written without a change of what is billed.
grouped as (

    select
        *,
        sum(
            case
                when
                    previous_valid_to = valid_from
                    and {{ is_as_before(terms) }}
                    then 0
                else 1
            end
        ) over (
            partition by subscription_item_id
            order by valid_from
        ) as version_number
    from compared

),

measured as (

    select
        *,
        min(valid_from) over version as version_from,
        max(coalesce(valid_to, 'infinity')) over version as version_to,
        row_number() over (
            partition by subscription_item_id, version_number
            order by valid_from
        ) as part
    from grouped
    window version as (partition by subscription_item_id, version_number)

),

final as (

    select
        {{ entity_id(
            'siv', "concat_ws(':', measured.subscription_item_id, "
            ~ microseconds('measured.version_from') ~ ")"
        ) }} as item_version_id,
        measured.subscription_id,
        account_map.account_id,
        measured.product_id,
        measured.status,
        measured.currency,
        cast(measured.unit_amount as decimal(28, 12)) as unit_amount,
        cast(measured.quantity as integer) as quantity,
        measured.billing_interval,
        measured.interval_count,
        cast(measured.discount_pct as decimal(18, 10)) as discount_pct,
        measured.discount_kind,
        measured.usage_type,
        measured.version_from as valid_from,
        nullif(measured.version_to, 'infinity') as valid_to,
        {{ change_reason('measured') }} as change_reason,
        measured.subscription_item_id,
        measured.price_id,
        'stripe' as source,
        measured.subscription_item_id as source_record_id,
        measured._extracted_at
    from measured
    left join account_map
        on
            {{ record_reference('stripe', 'customers', 'measured.customer_id') }}
            = account_map.record_reference
    where measured.part = 1

)

select * from final
