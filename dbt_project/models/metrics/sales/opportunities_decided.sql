with

opportunity as (

    select * from {{ ref('opportunity') }}
    where not is_deleted and is_closed

),

rates as (

    select * from {{ ref('fx_rate_periods') }}

),

final as (

    select
        opportunity.opportunity_id,
        opportunity.account_id,
        opportunity.owner_id,
        opportunity.opportunity_type,
        opportunity.close_date,
        opportunity.is_won,
        opportunity.opportunity_type in {{ policy_list('win_rate_excluded_types') }}
            as is_left_out_of_win_rate,
        {{ converted('opportunity.amount', 'rates.rate') }} as amount
    from opportunity
    left join rates
        on {{ rate_on('rates', "'spot'", 'opportunity.currency', 'opportunity.close_date') }}

)

select * from final
