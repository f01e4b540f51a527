with

person_milestones as (

    select * from {{ ref('person_milestones') }}

),

person as (

    select * from {{ ref('person') }}
    where not is_deleted

),

account as (

    select * from {{ ref('account') }}

),

mql_responses as (

    select * from {{ ref('mql_responses') }}

),

lead_score_totals as (

    select * from {{ ref('lead_score_totals') }}

),

contact_roles as (

    select * from {{ ref('opportunity_contact_role') }}

),

opportunity_facts as (

    select * from {{ ref('opportunity_facts') }}
    where not is_closed

),

touch as (

    select * from {{ ref('touch') }}
    where
        person_id is not null
        and occurred_at < {{ policy('as_of') }}
        and touch_type not in {{ policy_list('attribution_excluded_touch_types') }}

),

activity as (

    select * from {{ ref('activity') }}
    where person_id is not null and occurred_at < {{ policy('as_of') }}

),

-- Whoever has become an MQL again waits since then.
last_mqls as (

    select
        person_id,
        max(mql_no) as mql_no
    from mql_responses
    group by person_id

),

handoffs as (

    select
        mql_responses.person_id,
        mql_responses.responded_at is null as awaits_response,
        mql_responses.responded_at is null and mql_responses.response_sla_state = 'breached'
            as is_response_overdue,
        mql_responses.decided_at is null and mql_responses.decision_sla_state = 'breached'
            as is_decision_overdue
    from mql_responses
    inner join last_mqls
        on
            mql_responses.person_id = last_mqls.person_id
            and mql_responses.mql_no = last_mqls.mql_no

),

in_opportunities as (

    select distinct contact_roles.person_id
    from contact_roles
    inner join opportunity_facts
        on contact_roles.opportunity_id = opportunity_facts.opportunity_id

),

happenings as (

    select
        person_id,
        max(occurred_at) as engaged_at
    from touch
    group by person_id

    union all

    select
        person_id,
        max(occurred_at) as engaged_at
    from activity
    group by person_id

),

engaged as (

    select
        person_id,
        max(engaged_at) as last_engaged_at
    from happenings
    group by person_id

),

-- What a salesperson needs of an MQL, in the order in which it is asked for.
known as (

    select
        person_milestones.*,
        nullif(trim(person.email), '') as email,
        nullif(trim(person.title), '') as title,
        nullif(trim(person.department), '') as department,
        nullif(trim(person.country), '') as country,
        person.seniority
    from person_milestones
    inner join person
        on person_milestones.person_id = person.person_id

),

lacking as (

    select
        *,
        case when email is null then ', e-mail' else '' end
        || case when title is null then ', title' else '' end
        || case when department is null then ', department' else '' end
        || case when country is null then ', country' else '' end
        || case when account_id is null then ', account' else '' end
            as missing_words
    from known

),

final as (

    select
        lacking.person_id,
        lacking.account_id,
        account.owner_id,
        lacking.current_stage,
        lacking.current_stage_entered_at as in_stage_since,
        {{ days_since('lacking.current_stage_entered_at') }} as days_in_stage,
        lacking.email,
        lacking.title,
        lacking.seniority,
        lacking.lead_channel,
        account.segment,
        coalesce(account.is_target_account, false) as is_target_account,
        nullif(substr(lacking.missing_words, 3), '') as missing_information,
        lacking.first_mql_at is not null as was_mql,
        coalesce(handoffs.awaits_response, false) as awaits_response,
        coalesce(handoffs.is_response_overdue, false) as is_response_overdue,
        coalesce(handoffs.is_decision_overdue, false) as is_decision_overdue,
        in_opportunities.person_id is not null as is_in_open_opportunity,
        lacking.is_buyer,
        lead_score_totals.total_points as lead_score,
        lead_score_totals.grade as lead_grade,
        lead_score_totals.is_mql as meets_mql_thresholds,
        engaged.last_engaged_at,
        {{ days_since('engaged.last_engaged_at') }} as days_since_engagement
    from lacking
    left join account
        on lacking.account_id = account.account_id
    left join handoffs
        on lacking.person_id = handoffs.person_id
    left join lead_score_totals
        on lacking.person_id = lead_score_totals.person_id
    left join in_opportunities
        on lacking.person_id = in_opportunities.person_id
    left join engaged
        on lacking.person_id = engaged.person_id

)

select * from final
