with

accounts as (

    select * from {{ ref('accounts') }}

),

bands as (

    select * from {{ ref('account_score_bands') }}

),

measured as (

    {{ measures_of('accounts', 'account_id', [
        'employee_count', 'person_count', 'open_opportunity_count', 'open_pipeline_amount',
        'won_opportunity_count', 'won_revenue_amount', 'open_ticket_count',
    ]) }}

),

-- The highest band that a measure reaches gives its points; a measure nobody knows gives none.
reached as (

    select
        measured.account_id,
        measured.measured_value,
        bands.component,
        bands.points,
        bands.reason
    from measured
    inner join bands
        on
            measured.measure = bands.measure
            and measured.measured_value >= bands.minimum_value
    qualify
        row_number() over (
            partition by measured.account_id, measured.measure
            order by bands.minimum_value desc
        ) = 1

),

explained as (

    select
        account_id,
        component,
        points,
        {{ score_reason('reason', 'measured_value', 'points') }} as reason
    from reached

),

scored as (

    select
        accounts.account_id,
        coalesce(sum(explained.points), 0) as account_score,
        coalesce(sum(explained.points) filter (where explained.component = 'fit'), 0)
            as fit_points,
        coalesce(sum(explained.points) filter (where explained.component = 'pipeline'), 0)
            as pipeline_points,
        coalesce(sum(explained.points) filter (where explained.component = 'revenue'), 0)
            as revenue_points,
        coalesce(sum(explained.points) filter (where explained.component = 'support'), 0)
            as support_points,
        {{ ordered_list('explained.reason', 'explained.points desc, explained.reason') }} as reasons
    from accounts
    left join explained
        on accounts.account_id = explained.account_id
    group by accounts.account_id

),

final as (

    select
        account_id,
        cast(account_score as integer) as account_score,
        {{ account_tier('account_score') }} as account_tier,
        cast(fit_points as integer) as fit_points,
        cast(pipeline_points as integer) as pipeline_points,
        cast(revenue_points as integer) as revenue_points,
        cast(support_points as integer) as support_points,
        reasons
    from scored

)

select * from final
