{{
    config(
        materialized='by_key',
        meta={
            'by_key': {
                'key': 'person_id',
                'inputs': {
                    'person_map': ['person_id'],
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

country_names as (

    select * from {{ ref('country_names') }}

),

described as (

    select
        person_records.*,
        person_map.person_id,
        person_map.account_id,
        person_map.account_rule,
        country_names.country,
        {{ snake_cased('person_records.source_channel') }} as channel,
        {{ may_speak('person_map.person_id', 'person_records') }} as may_speak
    from person_records
    inner join person_map
        on person_records.record_reference = person_map.record_reference
    left join country_names
        on {{ folded('person_records.country_name') }} = country_names.country_name

),

{{ golden_values('described', 'person', 'person_id') }}

select * from golden
