-- The history must end in the present: the open versions are the items that subscriptions bill today.
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

(
    select * from billed
    except
    select * from open_versions
)
union all
(
    select * from open_versions
    except
    select * from billed
)
