{{
    config(
        materialized='by_key',
        meta={
            'by_key': {
                'key': 'person_id',
                'inputs': {
                    'person_map': ['person_id'],
                    'person_values': ['person_id'],
                    'person_records': ['record_reference = person_map.record_reference'],
                },
            },
        }
    )
}}
with

person_records as (

    select * from {{ affected('person_records') }}

),

person_map as (

    select * from {{ affected('person_map') }}

),

person_values as (

    select * from {{ affected('person_values') }}

),

lead_channels as (

    select * from {{ ref('lead_channel_map') }}

),

seniority_words as (

    select * from {{ ref('seniority_words') }}

),

known as (

    select
        person_map.person_id,
        person_map.created_at,
        person_map.is_deleted,
        {{ may_speak('person_map.person_id', 'person_map') }} as may_speak
    from person_map

),

first_known as (

    select
        person_id,
        min(created_at) as created_at,
        bool_and(is_deleted) as is_deleted
    from known
    where may_speak
    group by person_id

),

unified as (

    select
        person_id,
        {{ golden_value('account_id') }} as account_id,
        {{ golden_value('full_name') }} as full_name,
        {{ golden_value('email') }} as email,
        {{ golden_value('title') }} as title,
        {{ golden_value('department') }} as department,
        {{ golden_value('country') }} as country,
        {{ golden_value('channel') }} as channel,
        {{ golden_value('has_opted_out', 'boolean') }} as has_opted_out,
        {{ golden_value('record') }} as record_reference
    from person_values
    group by person_id

),

titles as (

    select distinct
        title,
        {{ folded('title') }} as folded_title
    from unified
    where title is not null

),

-- Of the words in a title the first in `match_order` tells; with none of them it leads nobody.
seniorities as (

    select
        titles.title,
        coalesce(
            {{ first_by(
                'seniority_words.seniority',
                '(seniority_words.match_order, seniority_words.title_word)'
            ) }},
            'staff'
        ) as seniority
    from titles
    left join seniority_words
        on {{ holds_word('titles.folded_title', 'seniority_words.title_word') }}
    group by titles.title

),

final as (

    select
        unified.person_id,
        unified.account_id,
        unified.full_name,
        unified.email,
        unified.title,
        unified.department,
        seniorities.seniority,
        unified.country,
        coalesce(lead_channels.lead_channel, unified.channel) as lead_channel,
        first_known.created_at,
        first_known.is_deleted,
        unified.has_opted_out,
        person_records.source,
        person_records.source_record_id,
        person_records._extracted_at
    from unified
    inner join first_known
        on unified.person_id = first_known.person_id
    inner join person_records
        on unified.record_reference = person_records.record_reference
    left join lead_channels
        on unified.channel = lead_channels.source_channel
    left join seniorities
        on unified.title = seniorities.title

)

select * from final
