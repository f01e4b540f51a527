with

owner_records as (

    select * from {{ ref('owner_records') }}

),

placed as (

    select
        *,
        coalesce('email:' || normalised_email, record_reference) as cluster_key
    from owner_records

),

founded as (

    select
        *,
        {{ founder('cluster_key') }} as founder_reference,
        count(*) over (partition by cluster_key) as record_count
    from placed

),

final as (

    select
        record_reference,
        source,
        source_object,
        source_record_id,
        {{ entity_id('own', 'founder_reference') }} as owner_id,
        case when record_count = 1 then 'own_record' else 'email' end as match_rule,
        case when record_count = 1 then record_reference else normalised_email end as match_value,
        founder_reference,
        is_deleted,
        created_at,
        updated_at
    from founded

)

select * from final
