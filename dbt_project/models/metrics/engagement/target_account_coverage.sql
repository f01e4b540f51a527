with

target_accounts as (

    select * from {{ ref('target_accounts') }}

),

counted as (

    select
        count(*) as target_accounts,
        count(*) filter (where is_engaged) as engaged,
        count(*) filter (where has_open_pipeline) as with_open_pipeline,
        count(*) filter (where is_customer) as customers
    from target_accounts

),

final as (

    select
        {{ policy('as_of_date') }} as as_of_date,
        *,
        {{ ratio('engaged', 'target_accounts', places=0) }} as engaged_rate,
        {{ ratio('with_open_pipeline', 'target_accounts', places=0) }} as open_pipeline_rate,
        {{ ratio('customers', 'target_accounts', places=0) }} as customer_rate
    from counted

)

select * from final
