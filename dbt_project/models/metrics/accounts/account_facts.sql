with

account as (

    select * from {{ ref('account') }}
    where created_at is null or created_at < {{ policy('as_of') }}

),

customers as (

    select * from {{ ref('customers') }}

),

opportunity_facts as (

    select * from {{ ref('opportunity_facts') }}

),

person as (

    select * from {{ ref('person') }}
    where
        not is_deleted
        and (created_at is null or created_at < {{ policy('as_of') }})

),

ticket_times as (

    select * from {{ ref('ticket_times') }}
    where not is_solved

),

deals as (

    select
        account_id,
        count(*) filter (where is_pipeline) as open_opportunity_count,
        {{ money_sum('amount', 'is_pipeline') }} as open_pipeline_amount,
        count(*) filter (where is_won) as won_opportunity_count,
        {{ money_sum('amount', 'is_won') }} as won_revenue_amount
    from opportunity_facts
    group by account_id

),

people as (

    select
        account_id,
        count(*) as person_count
    from person
    group by account_id

),

tickets as (

    select
        account_id,
        count(*) as open_ticket_count
    from ticket_times
    group by account_id

),

final as (

    select
        account.account_id,
        account.account_name,
        account.domain,
        account.country,
        account.industry,
        account.employee_count,
        account.segment,
        account.billing_currency,
        account.owner_id,
        coalesce(account.is_target_account, false) as is_target_account,
        coalesce(customers.is_customer, false) as is_customer,
        coalesce(customers.mrr, 0) as mrr,
        coalesce(people.person_count, 0) as person_count,
        coalesce(deals.open_opportunity_count, 0) as open_opportunity_count,
        coalesce(deals.open_pipeline_amount, 0) as open_pipeline_amount,
        coalesce(deals.won_opportunity_count, 0) as won_opportunity_count,
        coalesce(deals.won_revenue_amount, 0) as won_revenue_amount,
        coalesce(tickets.open_ticket_count, 0) as open_ticket_count
    from account
    left join customers
        on account.account_id = customers.account_id
    left join people
        on account.account_id = people.account_id
    left join deals
        on account.account_id = deals.account_id
    left join tickets
        on account.account_id = tickets.account_id

)

select * from final
