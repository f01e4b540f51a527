with

inputs as (

    select * from {{ ref('health_inputs') }}

),

settings as (

    select * from {{ ref('health_settings') }}

),

-- Each age earns what the first limit that holds it says.
engagement_days as (

    select
        within_days,
        points,
        lag(within_days) over (order by within_days) as beyond_days
    from {{ ref('health_engagement_days') }}

),

-- Points as ten-thousandths, over the number of which they are a share or a mean.
final as (

    select
        inputs.account_month,
        inputs.account_id,
        inputs.month,
        inputs.seen_at,
        inputs.is_reported,
        inputs.is_evaluated,
        case
            when inputs.licensed_seats > 0 and inputs.active_users >= 0
                then cast(1000000 as hugeint) * least(inputs.active_users, inputs.licensed_seats)
        end as usage_parts,
        {{ bounded_points(
            '1000000'
            ~ ' - inputs.unsolved_tickets * ' ~ whole_points('settings.points_per_unsolved')
            ~ ' - inputs.reopened_tickets * ' ~ whole_points('settings.points_per_reopened')
        ) }} as support_parts,
        case
            when inputs.respondents > 0
                then {{ bounded_points(
                    'inputs.promoters * ' ~ whole_points('settings.promoter_points')
                    ~ ' + inputs.passives * ' ~ whole_points('settings.passive_points')
                    ~ ' + inputs.detractors * ' ~ whole_points('settings.detractor_points'),
                    'inputs.respondents'
                ) }}
        end as sentiment_parts,
        case
            when inputs.is_past_due
                then {{ bounded_points(whole_points('settings.past_due_points')) }}
            when inputs.last_contraction_month is not null
                then {{ bounded_points(whole_points('settings.contraction_points')) }}
            else {{ bounded_points(whole_points('settings.otherwise_points')) }}
        end as financial_parts,
        case
            when engagement_days.points is null then 0
            else {{ bounded_points(whole_points('engagement_days.points')) }}
        end as engagement_parts,
        case when inputs.licensed_seats > 0 then inputs.licensed_seats else 1 end as usage_whole,
        1 as support_whole,
        greatest(inputs.respondents, 1) as sentiment_whole,
        1 as financial_whole,
        1 as engagement_whole
    from inputs
    cross join settings
    left join engagement_days
        on
            inputs.contacted_at
            >= {{ days_before('inputs.seen_at', 'engagement_days.within_days') }}
            and (
                engagement_days.beyond_days is null
                or inputs.contacted_at
                < {{ days_before('inputs.seen_at', 'engagement_days.beyond_days') }}
            )

)

select * from final
