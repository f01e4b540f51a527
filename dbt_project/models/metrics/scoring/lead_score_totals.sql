with

person as (

    select * from {{ ref('person') }}
    where
        not is_deleted
        and (created_at is null or created_at < {{ policy('as_of') }})

),

settings as (

    select
        scoring.*,
        policy_settings.as_of,
        policy_settings.as_of_date
    from {{ ref('scoring_settings') }} as scoring
    cross join {{ ref('policy_settings') }} as policy_settings

),

grades as (

    select * from {{ ref('scoring_grades') }}

),

parts as (

    select * from {{ ref('lead_score_parts') }}

),

-- Recorded ones stay; those of a future that is not seen from here do not exist.
crossings as (

    select * from {{ ref('lead_mql_crossings') }}
    where first_mql_at < {{ policy('as_of') }}

),

added as (

    select
        person_id,
        coalesce(sum(points) filter (where axis = 'attribute'), 0) as attribute_points,
        coalesce(sum(points) filter (where axis = 'behaviour'), 0) as behaviour_points,
        {{ ordered_list('reason', 'abs(points) desc, axis, position', 'abs(points) >= 0.05') }}
            as reasons
    from parts
    group by person_id

),

scored as (

    select
        person.person_id,
        person.account_id,
        settings.rules_version,
        settings.as_of,
        settings.as_of_date,
        cast(coalesce(added.attribute_points, 0) as {{ points_type() }}) as attribute_points,
        cast(coalesce(added.behaviour_points, 0) as {{ points_type() }}) as behaviour_points,
        added.reasons,
        {{ is_mql(
            'coalesce(added.attribute_points, 0)', 'coalesce(added.behaviour_points, 0)', 'settings'
        ) }} as is_mql
    from person
    cross join settings
    left join added
        on person.person_id = added.person_id

),

-- The highest floor that is reached; below all of an axis there is no grade.
graded as (

    select
        scored.person_id,
        {{ last_by(
            "case when grades.axis = 'attribute' and grades.floor <= scored.attribute_points "
            ~ "then grades.grade end",
            'grades.floor'
        ) }} as attribute_grade,
        {{ last_by(
            "case when grades.axis = 'behaviour' and grades.floor <= scored.behaviour_points "
            ~ "then grades.grade end",
            'grades.floor'
        ) }} as behaviour_grade
    from scored
    cross join grades
    group by scored.person_id

),

final as (

    select
        scored.person_id,
        scored.account_id,
        scored.as_of,
        scored.as_of_date,
        scored.attribute_points,
        scored.behaviour_points,
        scored.attribute_points + scored.behaviour_points as total_points,
        graded.attribute_grade || graded.behaviour_grade as grade,
        scored.is_mql,
        crossings.first_mql_at,
        crossings.rules_version as first_mql_rules_version,
        scored.rules_version,
        {{ known_texts('scored.reasons') }} as reasons
    from scored
    left join graded
        on scored.person_id = graded.person_id
    left join crossings
        on scored.person_id = crossings.person_id

)

select * from final
