with

opportunity_records as (

    select * from {{ ref('opportunity_records') }}

),

-- Some tools keep another tool's id without its three-letter check sum.
record_keys as (

    select
        record_reference,
        source || ':' || source_object as record_object,
        source_record_id as record_key
    from opportunity_records

    union

    select
        record_reference,
        source || ':' || source_object as record_object,
        left(source_record_id, 15) as record_key
    from opportunity_records

),

-- Declared rule: a record that says it mirrors another tool's opportunity is that opportunity, not
-- a second one. The mirrored record speaks for it, also when it says that it was deleted.
mirrors as (

    select
        opportunity_records.record_reference,
        record_keys.record_reference as original_reference
    from opportunity_records
    inner join record_keys
        on
            opportunity_records.mirrored_object = record_keys.record_object
            and opportunity_records.mirrored_record_id = record_keys.record_key

),

placed as (

    select
        opportunity_records.*,
        mirrors.original_reference,
        coalesce(mirrors.original_reference, opportunity_records.record_reference) as cluster_key
    from opportunity_records
    left join mirrors
        on opportunity_records.record_reference = mirrors.record_reference

),

founded as (

    select
        *,
        {{ founder('cluster_key') }} as founder_reference
    from placed

),

final as (

    select
        record_reference,
        source,
        source_object,
        source_record_id,
        {{ entity_id('opp', 'founder_reference') }} as opportunity_id,
        case when original_reference is null then 'own_record' else 'mirror' end as match_rule,
        coalesce(original_reference, record_reference) as match_value,
        original_reference is null as is_record_of_truth,
        founder_reference,
        is_deleted,
        created_at,
        updated_at
    from founded

)

select * from final
