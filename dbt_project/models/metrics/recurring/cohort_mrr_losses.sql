with

account_mrr_months as (

    select * from {{ ref('account_mrr_months') }}

),

periods as (

    select * from {{ ref('policy_periods') }}
    where in_window and (is_quarter or is_window)

),

cohort as (

    select
        periods.period,
        periods.first_date,
        periods.end_date,
        opening.account_id,
        opening.unrounded_closing_at_plan as start_mrr
    from periods
    inner join account_mrr_months as opening
        on periods.first_date = opening.end_date
    where opening.is_customer

),

started as (

    select
        period,
        sum(start_mrr) as start_mrr
    from cohort
    group by period

),

-- The competing method adds up what every month lost: who falls twice is counted twice.
lost as (

    select
        cohort.period,
        sum(
            greatest(
                account_mrr_months.unrounded_opening_at_plan
                - account_mrr_months.unrounded_closing_at_plan,
                0
            )
        ) as lost_mrr
    from cohort
    inner join account_mrr_months
        on
            cohort.account_id = account_mrr_months.account_id
            and cohort.first_date <= account_mrr_months.first_date
            and cohort.end_date >= account_mrr_months.end_date
    group by cohort.period

),

final as (

    select
        periods.period,
        started.start_mrr,
        lost.lost_mrr,
        {{ ratio('(started.start_mrr - lost.lost_mrr)', 'started.start_mrr', places=12) }}
            as grr_movement_method
    from periods
    left join started
        on periods.period = started.period
    left join lost
        on periods.period = lost.period

)

select * from final
