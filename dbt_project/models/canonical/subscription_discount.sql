with

discount_versions as (

    select * from {{ ref('stg_stripe__subscription_discount_versions') }}

),

discount_changes as (

    select * from {{ ref('stg_stripe__discount_changes') }}

),

customer_discounts as (

    select * from {{ ref('stg_stripe__customer_discounts') }}

),

subscriptions as (

    select * from {{ ref('stg_stripe__subscriptions') }}

),

coupons as (

    select * from {{ ref('stg_stripe__coupons') }}

),

promotion_codes as (

    select * from {{ ref('stg_stripe__promotion_codes') }}

),

-- A discount is told by what holds it and by events; whoever told it last knows its end.
told as (

    select
        versions.discount_id,
        subscriptions.customer_id,
        versions.subscription_id,
        versions.subscription_item_id,
        versions.coupon_id,
        versions.promotion_code_id,
        versions.discount_kind,
        versions.discount_pct,
        versions.amount_off,
        versions.currency,
        versions.starts_at,
        versions.ends_at,
        versions.seen_at as told_at,
        versions._extracted_at
    from discount_versions as versions
    inner join subscriptions
        on versions.subscription_id = subscriptions.subscription_id

    union all

    select
        discount_id,
        customer_id,
        subscription_id,
        subscription_item_id,
        coupon_id,
        promotion_code_id,
        discount_kind,
        discount_pct,
        amount_off,
        currency,
        starts_at,
        ends_at,
        occurred_at as told_at,
        _extracted_at
    from discount_changes

    union all

    select
        discount_id,
        customer_id,
        null as subscription_id,
        null as subscription_item_id,
        coupon_id,
        promotion_code_id,
        discount_kind,
        discount_pct,
        amount_off,
        currency,
        starts_at,
        ends_at,
        _extracted_at as told_at,
        _extracted_at
    from customer_discounts
    where not is_deleted

),

latest as (

    select *
    from told
    qualify
        row_number() over (
            partition by discount_id order by told_at desc, _extracted_at desc
        ) = 1

),

-- An event tells when it was taken away, else the next run that did not see it any more.
taken_away as (

    select
        discount_id,
        min(occurred_at) as taken_away_at
    from discount_changes
    where event_type = 'customer.discount.deleted'
    group by discount_id

),

last_seen as (

    select
        discount_id,
        {{ first_by("coalesce(next_seen_at, 'infinity')", '-' ~ microseconds('seen_at')) }}
            as not_seen_at
    from discount_versions
    group by discount_id

),

-- What is to end some day has not ended: no version begins after what we know.
known_until as (

    select max(_extracted_at) as known_until
    from told

),

described as (

    select
        latest.discount_id,
        latest.customer_id,
        latest.subscription_id,
        latest.subscription_item_id,
        coalesce(latest.coupon_id, promotion_codes.coupon_id) as coupon_id,
        latest.discount_kind,
        latest.discount_pct,
        latest.amount_off,
        latest.currency,
        latest.starts_at,
        least(
            case when latest.ends_at <= known_until.known_until then latest.ends_at end,
            coalesce(taken_away.taken_away_at, nullif(last_seen.not_seen_at, 'infinity'))
        ) as ends_at,
        latest._extracted_at
    from latest
    cross join known_until
    left join taken_away
        on latest.discount_id = taken_away.discount_id
    left join last_seen
        on latest.discount_id = last_seen.discount_id
    left join promotion_codes
        on latest.promotion_code_id = promotion_codes.promotion_code_id

),

-- The terms that were agreed outlive the coupon; where only its id is known, it is asked.
final as (

    select
        described.discount_id,
        described.customer_id,
        described.subscription_id,
        described.subscription_item_id,
        described.coupon_id,
        coalesce(nullif(described.discount_kind, 'none'), coupons.discount_kind, 'finite')
            as discount_kind,
        coalesce(described.discount_pct, coupons.discount_pct) as discount_pct,
        coalesce(described.amount_off, coupons.amount_off) as amount_off,
        coalesce(described.currency, coupons.currency) as currency,
        described.starts_at as valid_from,
        described.ends_at as valid_to,
        described._extracted_at
    from described
    left join coupons
        on described.coupon_id = coupons.coupon_id
    where described.starts_at < coalesce(described.ends_at, 'infinity')

)

select * from final
