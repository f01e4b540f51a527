with

renewals as (

    select * from {{ ref('renewals') }}
    where is_closed

),

periods as (

    select * from {{ ref('policy_periods') }}
    where in_window

),

decided as (

    select
        periods.period,
        periods.is_window,
        count(renewals.opportunity_id) as decided_count,
        count(*) filter (where renewals.is_won) as renewed_count,
        {{ money_sum('renewals.base_amount', 'renewals.is_valued') }} as base_amount,
        {{ money_sum('renewals.kept_amount', 'renewals.is_valued') }} as kept_amount,
        {{ money_sum('renewals.renewed_amount', 'renewals.is_valued') }} as renewed_amount
    from periods
    left join renewals
        on
            periods.first_date <= renewals.renewal_due_date
            and periods.end_date > renewals.renewal_due_date
    group by periods.period, periods.is_window

),

final as (

    select
        *,
        {{ ratio('renewed_count', 'decided_count', places=0) }} as renewal_rate_count,
        {{ ratio('kept_amount', 'base_amount') }} as renewal_rate_gross_value,
        {{ ratio('renewed_amount', 'base_amount') }} as renewal_rate_net_value
    from decided

)

select * from final
