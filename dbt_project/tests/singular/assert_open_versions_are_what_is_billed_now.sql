-- The history must end in the present: the open versions are the items that are billed today.
-- A warning: an event may tell of a change that the run before it could not see yet.
{{ config(severity='warn') }}

with

billed as (

    select
        subscription_item_id,
        status,
        price_id,
        quantity
    from {{ ref('stg_stripe__subscription_items') }}
    where not is_deleted and status in ('trialing', 'active', 'past_due', 'unpaid')

),

open_versions as (

    select
        subscription_item_id,
        status,
        price_id,
        quantity
    from {{ ref('subscription_item') }}
    where valid_to is null

)

select
    coalesce(billed.subscription_item_id, open_versions.subscription_item_id)
        as subscription_item_id,
    billed.status as billed_status,
    open_versions.status as told_status,
    billed.quantity as billed_quantity,
    open_versions.quantity as told_quantity
from billed
full outer join open_versions
    on billed.subscription_item_id = open_versions.subscription_item_id
where
    billed.status is distinct from open_versions.status
    or billed.price_id is distinct from open_versions.price_id
    or billed.quantity is distinct from open_versions.quantity
