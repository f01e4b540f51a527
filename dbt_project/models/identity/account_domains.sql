with

company_records as (

    select * from {{ ref('company_records') }}

),

account_map as (

    select * from {{ ref('account_map') }}

),

-- A subsidiary may use the domain of its parent: it belongs to whom most records say it does.
counted as (

    select
        company_records.normalised_domain as domain,
        account_map.account_id,
        count(*) filter (where not company_records.is_deleted) as live_count,
        min(company_records.created_at) as created_at
    from company_records
    inner join account_map
        on company_records.record_reference = account_map.record_reference
    where company_records.normalised_domain is not null
    group by company_records.normalised_domain, account_map.account_id

),

ranked as (

    select
        domain,
        account_id,
        row_number() over (
            partition by domain
            order by live_count desc, created_at asc nulls last, account_id asc
        ) as account_rank
    from counted

),

final as (

    select
        domain,
        account_id
    from ranked
    where account_rank = 1

)

select * from final
