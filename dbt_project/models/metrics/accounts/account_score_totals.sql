with

account_facts as (

    select * from {{ ref('account_facts') }}

),

settings as (

    select * from {{ ref('account_settings') }}

),

grades as (

    select
        axis,
        grade,
        floor as begins_at,
        lag(floor) over (partition by axis order by floor desc) as ends_before
    from {{ ref('account_grades') }}

),

tiers as (

    select * from {{ ref('account_tiers') }}

),

fit as (

    select
        account_id,
        sum(points) as points
    from {{ ref('account_fit_points') }}
    group by account_id

),

intent as (

    select
        account_id,
        sum(points) as points
    from {{ ref('account_intent_points') }}
    group by account_id

),

added as (

    select
        account_facts.account_id,
        settings.fit_cap,
        settings.intent_cap,
        coalesce(fit.points, 0) as fit_points_earned,
        coalesce(intent.points, 0) as intent_points_earned,
        {{ within_cap('fit.points', 'settings.fit_cap') }} as fit_points,
        {{ within_cap('intent.points', 'settings.intent_cap') }} as intent_points
    from account_facts
    cross join settings
    left join fit
        on account_facts.account_id = fit.account_id
    left join intent
        on account_facts.account_id = intent.account_id

),

graded as (

    select
        added.*,
        fit_grades.grade as fit_grade,
        intent_grades.grade as intent_grade
    from added
    inner join grades as fit_grades
        on
            fit_grades.axis = 'fit'
            and added.fit_points >= fit_grades.begins_at
            and (fit_grades.ends_before is null or added.fit_points < fit_grades.ends_before)
    inner join grades as intent_grades
        on
            intent_grades.axis = 'intent'
            and added.intent_points >= intent_grades.begins_at
            and (
                intent_grades.ends_before is null
                or added.intent_points < intent_grades.ends_before
            )

),

-- The score is cut, not rounded: 69.9 is not 70.
final as (

    select
        graded.account_id,
        cast(floor(graded.fit_points + graded.intent_points) as integer) as account_score,
        tiers.tier as account_tier,
        graded.fit_points,
        graded.intent_points,
        graded.fit_points_earned,
        graded.intent_points_earned,
        graded.fit_cap,
        graded.intent_cap,
        graded.fit_grade,
        graded.intent_grade
    from graded
    inner join tiers
        on
            graded.fit_grade = tiers.fit_grade
            and graded.intent_grade = tiers.intent_grade

)

select * from final
