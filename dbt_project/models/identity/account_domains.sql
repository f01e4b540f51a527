with

company_records as (

    select * from {{ ref('company_records') }}

),

account_map as (

    select * from {{ ref('account_map') }}

),

-- One domain is one account by the first rule of account_map, so the pairs are unique by domain.
final as (

    select distinct
        company_records.normalised_domain as domain,
        account_map.account_id
    from company_records
    inner join account_map
        on company_records.record_reference = account_map.record_reference
    where company_records.normalised_domain is not null

)

select * from final
