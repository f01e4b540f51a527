with

account_map as (

    select * from {{ ref('account_map') }}
    where not is_deleted

),

final as (

    select
        account_id,
        {{ ordered_list(
            "{'source': source, 'source_object': source_object, 'source_record_id': source_record_id}",
            'record_reference'
        ) }} as source_records,
        count(distinct source) as source_count,
        max(updated_at) as updated_at
    from account_map
    group by account_id

)

select * from final
