with

account as (

    select * from {{ ref('account') }}

),

account_domains as (

    select * from {{ ref('account_domains') }}

),

-- A list says a company by its domain; what several companies share names none of them.
named as (

    select distinct
        tier,
        {{ registrable_domain(host_of(folded('domain'))) }} as domain
    from {{ ref('stg_files__targets') }}
    where not is_deleted

),

listed as (

    select
        account_domains.account_id,
        min(named.tier) as tier
    from named
    inner join account_domains
        on named.domain = account_domains.domain
    group by account_domains.account_id

),

final as (

    select
        account.account_id,
        account.is_target_account as is_marked,
        listed.account_id is not null as is_listed,
        listed.tier as listed_tier
    from account
    left join listed
        on account.account_id = listed.account_id
    where account.is_target_account or listed.account_id is not null

)

select * from final
