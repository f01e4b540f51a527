with

totals as (

    select * from {{ ref('account_score_totals') }}

),

fit as (

    select * from {{ ref('account_fit_points') }}

),

intent as (

    select * from {{ ref('account_intent_points') }}

),

buying_groups as (

    select * from {{ ref('buying_groups') }}

),

-- The tier, what earned and what cost points, where a cap held, and the buying group.
told as (

    select
        account_id,
        1 as part,
        0 as weight,
        0 as position,
        'Tier ' || account_tier || ': fit ' || fit_grade || ' ('
        || {{ whole_number('fit_points') }} || ' of ' || {{ whole_number('fit_cap') }}
        || '), intent ' || intent_grade || ' (' || {{ whole_number('intent_points') }}
        || ' of ' || {{ whole_number('intent_cap') }} || ')' as reason
    from totals

    union all

    select
        account_id,
        2 as part,
        abs(cast(points as {{ points_type() }})) as weight,
        position,
        reason
    from fit
    where points != 0

    union all

    select
        account_id,
        2 as part,
        abs(points) as weight,
        position,
        reason
    from intent
    where abs(points) >= 0.05

    union all

    select
        account_id,
        3 as part,
        0 as weight,
        1 as position,
        'Fit counts no more than ' || {{ whole_number('fit_cap') }} as reason
    from totals
    where fit_points_earned > fit_cap

    union all

    select
        account_id,
        3 as part,
        0 as weight,
        2 as position,
        'Intent counts no more than ' || {{ whole_number('intent_cap') }} as reason
    from totals
    where intent_points_earned > intent_cap

    union all

    select
        account_id,
        4 as part,
        0 as weight,
        position,
        'Buying group, ' || role || ': '
        || case
            when known_people = 0 then 'nobody known'
            when engaged_people = 0 then known_people || ' known, none engaged'
            else engaged_people || ' of ' || known_people || ' engaged'
        end as reason
    from buying_groups

),

final as (

    select
        account_id,
        {{ ordered_list('reason', 'part, weight desc, position, reason') }} as reasons
    from told
    group by account_id

)

select * from final
