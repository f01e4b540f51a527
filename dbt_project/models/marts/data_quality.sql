{{ config(materialized='view', pre_hook="{{ prepare_quality() }}") }}

{%- set now = policy('as_of') %}
{%- set soundness = var('quality_targets')['sound'] %}
{%- set adoption = var('quality_targets')['adoption'] %}
{%- set once = var('quality_targets')['held_once'] %}

with

accounts as (

    select * from {{ ref('account') }}

),

people as (

    select * from {{ ref('person') }}
    where not is_deleted

),

opportunities as (

    select * from {{ ref('opportunity') }}
    where not is_deleted

),

owners as (

    select * from {{ ref('owner') }}

),

activities as (

    select * from {{ ref('activity') }}

),

account_map as (

    select * from {{ ref('account_map') }}
    where not is_deleted

),

person_map as (

    select * from {{ ref('person_map') }}
    where not is_deleted

),

worklist as (

    select distinct
        record_kind,
        record_id
    from {{ ref('data_quality_worklist') }}

),

-- The last verdict of each gate on each day.
verdicts as (

    select
        *,
        decided_at::date as decided_on
    from ops.quality_results
    qualify verdict_id = max(verdict_id) over (partition by ruleset, decided_at::date)

),

last_day as (

    select coalesce(max(decided_on), ({{ now }})::date) as measured_on from verdicts

),

tables as (

    select
        decided_on as measured_on,
        'table' as scope,
        table_name as subject,
        'sound_rows' as measure,
        -- Of what could not be judged nothing is known.
        case
            when count(*) filter (where status = 'error') = 0
                then 1 - max(unsound_rows) / greatest(max(judged_rows), 1)
        end as value,
        max(slo) as target,
        max(judged_rows) as counted
    from verdicts
    group by decided_on, ruleset, table_name

),

rule_owners as (

    select
        decided_on as measured_on,
        'owner' as scope,
        owner as subject,
        'passed_rules' as measure,
        count(*) filter (where status = 'passed') / count(*) as value,
        {{ soundness }} as target,
        count(*) as counted
    from verdicts
    group by decided_on, owner

),

records as (

    select
        'account' as record_kind,
        accounts.account_id as record_id,
        accounts.source,
        owners.team
    from accounts
    left join owners on accounts.owner_id = owners.owner_id
    union all
    select
        'person' as record_kind,
        people.person_id as record_id,
        people.source,
        owners.team
    from people
    left join accounts on people.account_id = accounts.account_id
    left join owners on accounts.owner_id = owners.owner_id
    union all
    select
        'opportunity' as record_kind,
        opportunities.opportunity_id as record_id,
        opportunities.source,
        owners.team
    from opportunities
    left join owners on opportunities.owner_id = owners.owner_id

),

judged_records as (

    select
        records.*,
        worklist.record_id is null as is_sound
    from records
    left join worklist
        on records.record_kind = worklist.record_kind and records.record_id = worklist.record_id

),

tools_and_teams as (

    select
        case when grouping(source) = 0 then 'tool' else 'department' end as scope,
        coalesce(source, team) as subject,
        'sound_records' as measure,
        count(*) filter (where is_sound) / count(*) as value,
        {{ soundness }} as target,
        count(*) as counted
    from judged_records
    group by grouping sets ((source), (team))
    having coalesce(source, team) is not null

),

duplicates as (

    select
        'duplicates' as scope,
        source as subject,
        'companies_held_once' as measure,
        count(distinct account_id) / count(*) as value,
        {{ once }} as target,
        count(*) as counted
    from account_map
    group by source
    union all
    select
        'duplicates' as scope,
        source as subject,
        'people_held_once' as measure,
        count(distinct person_id) / count(*) as value,
        {{ once }} as target,
        count(*) as counted
    from person_map
    group by source

),

last_touches as (

    select
        opportunity_id,
        max(occurred_at) as last_activity_at
    from activities
    where occurred_at <= {{ now }}
    group by opportunity_id

),

open_deals as (

    select
        opportunities.owner_id,
        opportunities.amount is not null as deals_with_amount,
        opportunities.close_date is not null as deals_with_close_date,
        opportunities.close_date >= ({{ now }})::date as deals_not_past_their_close_date,
        opportunities.next_step is not null as deals_with_next_step,
        coalesce(last_touches.last_activity_at >= {{ now }} - interval 30 days, false)
            as deals_touched_in_30_days
    from opportunities
    left join last_touches on opportunities.opportunity_id = last_touches.opportunity_id
    where not opportunities.is_closed

),

deals as (

    unpivot open_deals
    on
    deals_with_amount,
    deals_with_close_date,
    deals_not_past_their_close_date,
    deals_with_next_step,
    deals_touched_in_30_days
    into name measure value is_met

),

logged as (

    select
        owner_id,
        max(occurred_at) as last_logged_at
    from activities
    where occurred_at <= {{ now }}
    group by owner_id

),

users as (

    select
        owners.owner_id,
        coalesce(logged.last_logged_at >= {{ now }} - interval 30 days, false)
            as users_who_logged_activities_in_30_days,
        -- Unknown where no tool tells of logins.
        owners.last_login_at >= {{ now }} - interval 30 days
            as users_who_logged_in_in_30_days
    from owners
    left join logged on owners.owner_id = logged.owner_id
    where owners.is_active

),

used as (

    unpivot users
    on users_who_logged_activities_in_30_days, users_who_logged_in_in_30_days
    into name measure value is_met

),

filled as (

    select
        'account' as subject,
        domain is not null as records_with_domain,
        industry is not null as records_with_industry,
        owner_id is not null as records_with_owner,
        null::boolean as records_with_email,
        null::boolean as records_with_title
    from accounts
    union all
    select
        'person' as subject,
        null as records_with_domain,
        null as records_with_industry,
        null as records_with_owner,
        email is not null as records_with_email,
        title is not null as records_with_title
    from people

),

fields as (

    unpivot filled
    on
    records_with_domain,
    records_with_industry,
    records_with_owner,
    records_with_email,
    records_with_title
    into name measure value is_met

),

kept as (

    select * from deals
    union all
    select * from used

),

adoption as (

    select
        'adoption' as scope,
        coalesce(owner_id, 'all') as subject,
        measure,
        count(*) filter (where is_met) / count(*) as value,
        {{ adoption }} as target,
        count(*) as counted
    from kept
    group by grouping sets ((measure), (owner_id, measure))
    -- What nobody owns is in the whole alone.
    having grouping(owner_id) = 1 or owner_id is not null
    union all
    select
        'adoption' as scope,
        subject,
        measure,
        count(*) filter (where is_met) / count(*) as value,
        {{ adoption }} as target,
        count(*) as counted
    from fields
    group by subject, measure

),

undated as (

    select * from tools_and_teams
    union all
    select * from duplicates
    union all
    select * from adoption

),

present as (

    select * from tables
    union all by name
    select * from rule_owners
    union all by name
    select
        last_day.measured_on,
        undated.*
    from undated
    cross join last_day

),

keyed as (

    select
        scope || ':' || subject || ':' || measure as score_key,
        *
    from present

),

scores as (

    select * from keyed
    union all by name
    -- What was measured on earlier days and cannot be measured again.
    select
        kept.score_key,
        kept.measured_on,
        kept.scope,
        kept.subject,
        kept.measure,
        kept.value,
        kept.target,
        kept.counted
    from ops.quality_scores as kept
    left join keyed
        on kept.score_key = keyed.score_key and kept.measured_on = keyed.measured_on
    where keyed.score_key is null

)

select
    scores.score_key || ':' || scores.measured_on as score_id,
    scores.score_key,
    scores.measured_on,
    scores.scope,
    scores.subject,
    scores.measure,
    scores.value::double as value,
    scores.target::double as target,
    coalesce(scores.value >= scores.target, false) as is_met,
    scores.counted::bigint as counted,
    scores.measured_on = max(scores.measured_on) over (partition by scores.score_key) as is_last
from scores
