with

outcomes as (

    select * from {{ ref('experiment_outcomes') }}

),

holdout_members as (

    select * from {{ ref('holdout_members') }}
    where is_known and moved_at is null

),

happenings as (

    select * from {{ ref('experiment_happenings') }}

),

-- Whoever is to be kept from leaving has to be a customer.
mrr_changes as (

    select
        account_id,
        movement,
        changed_at
    from {{ ref('account_mrr_changes') }}

),

enrolled as (

    select
        outcomes.experiment,
        outcomes.happens,
        outcomes.stage,
        holdout_members.holdout_member,
        holdout_members.unit,
        holdout_members.unit_id,
        holdout_members.is_held_out,
        holdout_members.began_at,
        {{ days_after('holdout_members.began_at', 'outcomes.within_days') }} as until_at
    from outcomes
    inner join holdout_members
        on outcomes.holdout = holdout_members.holdout

),

standing as (

    select
        enrolled.experiment,
        enrolled.holdout_member,
        {{ last_by('mrr_changes.movement', 'mrr_changes.changed_at') }} as last_movement
    from enrolled
    inner join mrr_changes
        on
            enrolled.unit_id = mrr_changes.account_id
            and enrolled.began_at >= mrr_changes.changed_at
    where enrolled.happens = 'churned' and enrolled.unit = 'account'
    group by enrolled.experiment, enrolled.holdout_member

),

happened as (

    select
        enrolled.experiment,
        enrolled.holdout_member,
        min(happenings.happened_at) as happened_at
    from enrolled
    inner join happenings
        on
            enrolled.unit = happenings.unit
            and enrolled.unit_id = happenings.unit_id
            and enrolled.happens = happenings.happens
            and enrolled.stage is not distinct from happenings.stage
            and enrolled.began_at <= happenings.happened_at
            and enrolled.until_at > happenings.happened_at
    group by enrolled.experiment, enrolled.holdout_member

),

final as (

    select
        enrolled.experiment || ' ' || enrolled.holdout_member as experiment_member,
        enrolled.experiment,
        enrolled.unit,
        enrolled.unit_id,
        enrolled.is_held_out,
        enrolled.began_at,
        enrolled.until_at,
        enrolled.until_at <= {{ policy('as_of') }} as is_followed,
        happened.happened_at,
        happened.happened_at is not null as has_happened
    from enrolled
    left join happened
        on
            enrolled.experiment = happened.experiment
            and enrolled.holdout_member = happened.holdout_member
    left join standing
        on
            enrolled.experiment = standing.experiment
            and enrolled.holdout_member = standing.holdout_member
    where
        enrolled.happens != 'churned'
        or coalesce(standing.last_movement != 'churn', false)

)

select * from final
