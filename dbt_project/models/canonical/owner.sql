with

owner_records as (

    select * from {{ ref('owner_records') }}

),

owner_map as (

    select * from {{ ref('owner_map') }}

),

ranked as (

    select
        owner_records.*,
        owner_map.owner_id,
        managers.owner_id as manager_id,
        {{ survivorship_rank('owner_map.owner_id', 'owner_records') }} as survivorship_rank,
        {{ may_speak('owner_map.owner_id', 'owner_records') }} as may_speak
    from owner_records
    inner join owner_map
        on owner_records.record_reference = owner_map.record_reference
    left join owner_map as managers
        on owner_records.manager_reference = managers.record_reference

),

final as (

    select
        owner_id,
        {{ surviving('owner_name') }} as owner_name,
        {{ surviving('team') }} as team,
        {{ surviving('manager_id') }} as manager_id,
        {{ surviving('is_active') }} as is_active,
        max(last_login_at) as last_login_at,
        {{ surviving('source') }} as source,
        {{ surviving('source_record_id') }} as source_record_id,
        {{ surviving('_extracted_at') }} as _extracted_at
    from ranked
    where may_speak
    group by owner_id

)

select * from final
