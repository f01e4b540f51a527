with

person_records as (

    select * from {{ ref('person_records') }}

),

-- Whoever reads info@ today may not have written it yesterday: a shared mailbox is nobody.
placed as (

    select
        *,
        case
            when normalised_email is not null and not is_shared_mailbox
                then 'email:' || normalised_email
            else record_reference
        end as cluster_key
    from person_records

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
        {{ entity_id('per', 'founder_reference') }} as person_id,
        case when record_count = 1 then 'own_record' else 'email' end as match_rule,
        case when record_count = 1 then record_reference else normalised_email end as match_value,
        founder_reference,
        is_deleted,
        created_at,
        updated_at
    from founded

)

select * from final
