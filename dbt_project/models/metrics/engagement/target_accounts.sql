with

account as (

    select * from {{ ref('account') }}
    where
        is_target_account
        and (created_at is null or created_at < {{ policy('as_of') }})

),

touch as (

    select * from {{ ref('touch') }}
    where
        is_marketing
        and account_id is not null
        and occurred_at >= {{ days_before(policy('as_of'), 90) }}
        and occurred_at < {{ policy('as_of') }}
        and touch_type not in {{ policy_list('attribution_excluded_touch_types') }}

),

erased as (

    select * from {{ ref('person') }}
    where is_deleted

),

pipeline as (

    select * from {{ ref('opportunity_facts') }}
    where is_pipeline

),

customers as (

    select * from {{ ref('customers') }}
    where is_customer

),

engaged as (

    select
        touch.account_id,
        max(touch.occurred_at) as last_engaged_at
    from touch
    left join erased
        on touch.person_id = erased.person_id
    where erased.person_id is null
    group by touch.account_id

),

sold_to as (

    select distinct account_id from pipeline

),

final as (

    select
        account.account_id,
        account.account_name,
        engaged.last_engaged_at,
        engaged.account_id is not null as is_engaged,
        sold_to.account_id is not null as has_open_pipeline,
        customers.account_id is not null as is_customer
    from account
    left join engaged
        on account.account_id = engaged.account_id
    left join sold_to
        on account.account_id = sold_to.account_id
    left join customers
        on account.account_id = customers.account_id

)

select * from final
