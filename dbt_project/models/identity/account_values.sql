{{
    config(
        materialized='by_key',
        meta={
            'by_key': {
                'key': 'account_id',
                'inputs': {
                    'account_map': ['account_id'],
                    'company_records': ['record_reference = account_map.record_reference'],
                },
            },
        }
    )
}}
with

company_records as (

    select * from {{ affected('company_records') }}

),

account_map as (

    select * from {{ affected('account_map') }}

),

owner_map as (

    select * from {{ ref('owner_map') }}

),

country_names as (

    select * from {{ ref('country_names') }}

),

described as (

    select
        company_records.*,
        account_map.account_id,
        owner_map.owner_id,
        country_names.country,
        {{ may_speak('account_map.account_id', 'company_records') }} as may_speak
    from company_records
    inner join account_map
        on company_records.record_reference = account_map.record_reference
    left join owner_map
        on company_records.owner_reference = owner_map.record_reference
    left join country_names
        on {{ folded('company_records.country_name') }} = country_names.country_name

),

{{ golden_values('described', 'account', 'account_id') }}

select * from golden
