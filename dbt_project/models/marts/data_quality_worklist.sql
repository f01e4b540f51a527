{{ config(materialized='view', pre_hook="{{ prepare_quality() }}") }}

with

accounts as (

    select * from {{ ref('account') }}

),

people as (

    select * from {{ ref('person') }}

),

opportunities as (

    select * from {{ ref('opportunity') }}

),

owners as (

    select * from {{ ref('owner') }}

),

overdue_work as (

    select * from {{ ref('overdue_work') }}

),

next_actions as (

    select * from {{ ref('next_actions') }}

),

records as (

    select
        'account_id' as key_column,
        account_id as record_id,
        account_name as record_name,
        owner_id,
        source,
        source_record_id,
        domain as site,
        null as email
    from accounts
    union all
    select
        'person_id' as key_column,
        people.person_id as record_id,
        people.full_name as record_name,
        accounts.owner_id,
        people.source,
        people.source_record_id,
        null as site,
        people.email
    from people
    left join accounts on people.account_id = accounts.account_id
    union all
    select
        'opportunity_id' as key_column,
        opportunity_id as record_id,
        opportunity_name as record_name,
        owner_id,
        source,
        source_record_id,
        null as site,
        null as email
    from opportunities

),

-- By whatever key a table is judged: what is to be done is mended where its subject is kept.
subjects as (

    select
        key_column,
        record_id as key,
        key_column as record_key,
        record_id
    from records
    union all
    select
        'work_key' as key_column,
        work_key as key,
        subject || '_id' as record_key,
        subject_id as record_id
    from overdue_work
    union all
    select
        'decision_key' as key_column,
        decision_key as key,
        subject || '_id' as record_key,
        subject_id as record_id
    from next_actions

),

found as (

    select
        findings.ruleset || ':' || findings.rule || ':' || findings.key as finding_key,
        findings.table_name,
        replace(coalesce(subjects.record_key, findings.key_column), '_id', '') as record_kind,
        coalesce(subjects.record_id, findings.key) as record_id,
        records.record_name,
        -- A row of a landed stream is known by the tool that told it.
        coalesce(
            records.source, nullif(regexp_extract(findings.table_name, '^raw_(\w+)\.', 1), '')
        ) as tool,
        case
            when findings.key_column = '_key' then findings.key else records.source_record_id
        end as tool_record_id,
        {{ record_link('records.source', 'records.source_record_id') }} as link,
        findings.rule,
        findings.because as what_is_wrong,
        findings.column_name,
        findings.severity = 'quarantine' as is_withheld,
        -- What the writer plainly meant, where only the spelling is wrong.
        case findings.column_name
            when 'domain'
                then
                    nullif(
                        regexp_extract(
                            regexp_replace(lower(trim(records.site)), '^(\w+://)?(www\.)?', ''),
                            '^[a-z0-9-]+(\.[a-z0-9-]+)+'
                        ),
                        ''
                    )
            when 'email'
                then
                    nullif(
                        regexp_extract(
                            regexp_replace(
                                lower(replace(records.email, ' ', '')), '\.\.+', '.', 'g'
                            ),
                            '[a-z0-9+_-]+(?:\.[a-z0-9+_-]+)*@[a-z0-9-]+(?:\.[a-z0-9-]+)+'
                        ),
                        ''
                    )
        end as suggested_value,
        findings.owner as rule_owner,
        records.owner_id,
        owners.owner_name,
        owners.team,
        findings.since,
        findings.found_at
    from ops.quality_findings as findings
    left join subjects
        on findings.key_column = subjects.key_column and findings.key = subjects.key
    left join records
        on subjects.record_key = records.key_column and subjects.record_id = records.record_id
    left join owners on records.owner_id = owners.owner_id

)

select * from found
