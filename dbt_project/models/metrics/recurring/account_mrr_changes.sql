with

subscription_item_mrr as (

    select * from {{ ref('subscription_item_mrr') }}

),

account_mrr_units as (

    select * from {{ ref('account_mrr_units') }}

),

rates as (

    select * from {{ ref('fx_rate_periods') }}

),

at_plan as (

    select
        subscription_item_mrr.account_id,
        subscription_item_mrr.valid_from,
        subscription_item_mrr.valid_to,
        subscription_item_mrr.contract_mrr_numerator
        * (account_mrr_units.mrr_unit // subscription_item_mrr.mrr_denominator)
        * {{ known_rate('rates') }} as mrr,
        account_mrr_units.mrr_unit * {{ rate_units() }} as unit
    from subscription_item_mrr
    inner join account_mrr_units
        on subscription_item_mrr.account_id = account_mrr_units.account_id
    left join rates
        on
            {{ rate_on(
                'rates', "'plan'", 'subscription_item_mrr.currency', policy('as_of_date')
            ) }}

),

steps as (

    select
        account_id,
        unit,
        valid_from as changed_at,
        mrr
    from at_plan

    union all

    select
        account_id,
        unit,
        valid_to as changed_at,
        -mrr as mrr
    from at_plan
    where valid_to is not null

),

-- Whatever happens to an account at one instant is one step: a change of plan nets.
netted as (

    select
        account_id,
        unit,
        changed_at,
        sum(mrr) as mrr
    from steps
    where changed_at < {{ policy('as_of') }}
    group by account_id, unit, changed_at
    having sum(mrr) != 0

),

running as (

    select
        *,
        sum(mrr) over (partition by account_id order by changed_at) as mrr_after
    from netted

),

final as (

    select
        account_id || ' ' || cast(changed_at as varchar) as account_change,
        account_id,
        changed_at,
        case
            when mrr_after = 0 then 'churn'
            when mrr_after > mrr and mrr > 0 then 'expansion'
            when mrr < 0 then 'contraction'
            when row_number() over (partition by account_id order by changed_at) = 1 then 'new'
            else 'reactivation'
        end as movement,
        {{ money_of_fraction('mrr', 'unit') }} as mrr_at_plan
    from running

)

select * from final
