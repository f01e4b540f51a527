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

subscription_item_mrr as (

    select * from {{ ref('subscription_item_mrr') }}
    where
        contract_mrr_numerator > 0
        and valid_from < {{ policy('as_of') }}
        and (
            valid_to is null
            or valid_to > {{ policy('as_of') }}
            or (
                valid_to = {{ policy('as_of') }}
                and {{ policy('month_end_inclusive_of_expiring') }}
            )
        )

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

customers as (

    select distinct account_id from subscription_item_mrr

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
