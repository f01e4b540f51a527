with

account_mrr_changes as (

    select * from {{ ref('account_mrr_changes') }}

),

months as (

    select * from {{ ref('policy_periods') }}
    where is_month and in_window

),

kinds as (

    select unnest(['new', 'expansion', 'contraction', 'churn', 'reactivation']) as movement

),

final as (

    select
        months.period || ' ' || kinds.movement as month_movement,
        months.period as month,
        kinds.movement,
        {{ money_sum('account_mrr_changes.mrr_at_plan') }} as mrr_at_plan,
        count(account_mrr_changes.account_change) as events
    from months
    cross join kinds
    left join account_mrr_changes
        on
            kinds.movement = account_mrr_changes.movement
            and months.start_at <= account_mrr_changes.changed_at
            and months.end_at > account_mrr_changes.changed_at
    group by all

)

select * from final
