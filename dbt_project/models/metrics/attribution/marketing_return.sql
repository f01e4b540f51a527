with

channels as (

    select * from {{ ref('attribution_channels') }}
    where model = 'full_path' and scope = {{ policy('attribution_scope') }}

),

acquisition_periods as (

    select * from {{ ref('acquisition_periods') }}
    where is_window

),

credited as (

    select
        period,
        {{ money_sum('credited_amount', 'is_attributed') }} as credited_amount
    from channels
    group by period

),

final as (

    select
        credited.period,
        credited.credited_amount,
        acquisition_periods.marketing_cost,
        {{ ratio(
            '(credited.credited_amount - acquisition_periods.marketing_cost)',
            'acquisition_periods.marketing_cost'
        ) }} as roi
    from credited
    inner join acquisition_periods
        on credited.period = acquisition_periods.period

)

select * from final
