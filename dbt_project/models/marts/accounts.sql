with

account as (

    select * from {{ ref('account') }}

),

live_accounts as (

    select * from {{ ref('live_accounts') }}

),

owner as (

    select * from {{ ref('owner') }}

),

person as (

    select * from {{ ref('person') }}
    where not is_deleted

),

opportunity as (

    select * from {{ ref('opportunity') }}
    where not is_deleted

),

ticket as (

    select * from {{ ref('ticket') }}
    where not is_deleted

),

people as (

    select
        account_id,
        count(*) as person_count
    from person
    group by account_id

),

deals as (

    select
        account_id,
        count(*) as opportunity_count,
        count(*) filter (where not is_closed) as open_opportunity_count,
        {{ reported_sum('amount', counts_as_pipeline()) }} as open_pipeline_amount,
        count(*) filter (where is_won) as won_opportunity_count,
        {{ reported_sum('amount', 'is_won') }} as won_revenue_amount,
        max(close_date) filter (where is_won) as last_won_date,
        count(*) filter (where not {{ in_reporting_currency() }})
            as other_currency_opportunity_count
    from opportunity
    group by account_id

),

tickets as (

    select
        account_id,
        count(*) as ticket_count,
        count(*) filter (where current_status not in ('solved', 'closed')) as open_ticket_count
    from ticket
    group by account_id

),

unified as (

    select
        account.account_id,
        account.account_name,
        account.domain,
        account.country,
        account.industry,
        account.employee_count,
        account.segment,
        account.owner_id,
        owner.owner_name,
        live_accounts.source_records,
        live_accounts.source_count,
        coalesce(people.person_count, 0) as person_count,
        coalesce(deals.opportunity_count, 0) as opportunity_count,
        coalesce(deals.open_opportunity_count, 0) as open_opportunity_count,
        coalesce(deals.open_pipeline_amount, 0) as open_pipeline_amount,
        coalesce(deals.won_opportunity_count, 0) as won_opportunity_count,
        coalesce(deals.won_revenue_amount, 0) as won_revenue_amount,
        deals.last_won_date,
        coalesce(deals.other_currency_opportunity_count, 0) as other_currency_opportunity_count,
        coalesce(tickets.open_ticket_count, 0) as open_ticket_count,
        coalesce(tickets.ticket_count, 0) as ticket_count,
        account.created_at,
        live_accounts.updated_at,
        account.parent_account_id,
        account.ultimate_parent_account_id
    from account
    inner join live_accounts on account.account_id = live_accounts.account_id
    left join owner on account.owner_id = owner.owner_id
    left join people on account.account_id = people.account_id
    left join deals on account.account_id = deals.account_id
    left join tickets on account.account_id = tickets.account_id

),

-- A group is all accounts under one topmost parent; who has no parent is a group alone.
final as (

    select
        *,
        count(*) over same_group as group_account_count,
        cast(sum(open_pipeline_amount) over same_group as decimal(18, 2))
            as group_open_pipeline_amount,
        cast(sum(won_revenue_amount) over same_group as decimal(18, 2))
            as group_won_revenue_amount
    from unified
    window same_group as (partition by ultimate_parent_account_id)

)

select * from final
