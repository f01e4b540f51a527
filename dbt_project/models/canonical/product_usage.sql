with

usage as (

    select * from {{ ref('stg_database__product_usage') }}
    where not is_deleted

),

account_map as (

    select * from {{ ref('account_map') }}

),

referenced as (

    select
        *,
        {{ record_reference('database', 'customers', 'customer_id') }} as company_reference
    from usage

),

resolved as (

    select
        referenced.*,
        account_map.account_id,
        coalesce(account_map.account_id, referenced.company_reference, referenced.product_usage_id)
            as usage_of
    from referenced
    left join account_map
        on referenced.company_reference = account_map.record_reference

),

-- One company may be two customers of the product.
added_up as (

    select
        usage_of,
        usage_month,
        min(account_id) as account_id,
        sum(licensed_seats) as licensed_seats,
        sum(active_users) as active_users,
        min(product_usage_id) as source_record_id,
        max(_extracted_at) as _extracted_at
    from resolved
    group by usage_of, usage_month

),

final as (

    select
        account_id,
        usage_month,
        cast(licensed_seats as integer) as licensed_seats,
        cast(active_users as integer) as active_users,
        {{ entity_id('use', "concat_ws(':', usage_of, usage_month)") }} as product_usage_id,
        'database' as source,
        source_record_id,
        _extracted_at
    from added_up

)

select * from final
