with

spend as (

    select * from {{ ref('spend') }}

),

rates as (

    select * from {{ ref('fx_rate_periods') }}

),

final as (

    select
        spend.spend_id,
        spend.spend_date,
        spend.channel,
        spend.campaign_id,
        spend.department = 'marketing' as is_marketing,
        spend.department in {{ policy_list('cac_departments') }} as is_acquisition,
        spend.cost_type = 'media' as is_media,
        spend.channel is not null and spend.cost_type in {{ policy_list('channel_cost_types') }}
            as is_channel_cost,
        {{ converted('spend.amount', 'rates.rate') }} as amount
    from spend
    left join rates
        on {{ rate_on('rates', "'spot'", 'spend.currency', 'spend.spend_date') }}

)

select * from final
