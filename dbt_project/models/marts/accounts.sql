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
    where created_at is null or created_at < {{ policy('as_of') }}

),

person_milestones as (

    select * from {{ ref('person_milestones') }}

),

opportunities as (

    select * from {{ ref('opportunities') }}

),

customers as (

    select * from {{ ref('customers') }}

),

account_mrr_months as (

    select * from {{ ref('account_mrr_months') }}

),

subscription_item as (

    select * from {{ ref('subscription_item') }}
    where
        status in ('past_due', 'unpaid')
        and valid_from < {{ policy('as_of') }}
        and (valid_to is null or valid_to >= {{ policy('as_of') }})

),

product_usage as (

    select * from {{ ref('product_usage') }}
    where
        account_id is not null
        and usage_month <= left(cast({{ policy('as_of_date') }} as varchar), 7)

),

support as (

    select * from {{ ref('support') }}

),

nps_respondents as (

    select * from {{ ref('nps_respondents') }}

),

touch as (

    select * from {{ ref('touch') }}
    where account_id is not null and occurred_at < {{ policy('as_of') }}

),

activity as (

    select * from {{ ref('activity') }}
    where account_id is not null and occurred_at < {{ policy('as_of') }}

),

web_session as (

    select * from {{ ref('web_session') }}
    where account_id is not null and started_at < {{ policy('as_of') }}

),

erased as (

    select person_id from person
    where is_deleted

),

people as (

    select
        person.account_id,
        count(*) as person_count,
        count(person_milestones.person_id) as lead_count,
        count(person_milestones.first_mql_at) as mql_count
    from person
    left join person_milestones
        on person.person_id = person_milestones.person_id
    where not person.is_deleted
    group by person.account_id

),

deals as (

    select
        account_id,
        count(*) as opportunity_count,
        count(*) filter (where not is_closed) as open_opportunity_count,
        count(*) filter (where is_pipeline) as pipeline_opportunity_count,
        count(*) filter (where is_stalled) as stalled_opportunity_count,
        {{ money_sum('amount', 'is_pipeline') }} as open_pipeline_amount,
        count(*) filter (where is_won) as won_opportunity_count,
        {{ money_sum('amount', 'is_won') }} as won_revenue_amount,
        max(close_date) filter (where is_won) as last_won_date,
        min(renewal_due_date) filter (where not is_closed and opportunity_type = 'renewal')
            as renewal_due_date,
        count(*) filter (where is_unconverted) as unconverted_opportunity_count
    from opportunities
    group by account_id

),

-- What is to be done first: of the open opportunities with a next step, the one that closes first.
next_steps as (

    select
        account_id,
        opportunity_id,
        next_step,
        owner_id,
        owner_name
    from opportunities
    where not is_closed and trim(next_step) != ''
    qualify
        row_number() over (partition by account_id order by close_date, opportunity_id) = 1

),

reported_months as (

    select * from account_mrr_months
    where end_date = {{ policy('window_end_date') }}

),

contractions as (

    select
        account_id,
        max(first_date) as last_contraction_month
    from account_mrr_months
    where movement in ('contraction', 'churn')
    group by account_id

),

overdue as (

    select distinct account_id from subscription_item

),

seats as (

    select
        account_id,
        usage_month,
        licensed_seats,
        active_users
    from product_usage
    qualify row_number() over (partition by account_id order by usage_month desc) = 1

),

rated as (

    select
        *,
        coalesce(
            csat_responded_date >= {{ policy('window_start_date') }}
            and csat_responded_date < {{ policy('window_end_date') }},
            false
        ) as is_rated_in_window
    from support

),

tickets as (

    select
        account_id,
        count(*) as ticket_count,
        count(*) filter (where not is_solved) as open_ticket_count,
        count(*) filter (where is_reopened) as reopened_ticket_count,
        count(*) filter (where is_rated_in_window) as csat_response_count,
        count(*) filter (where is_rated_in_window and is_csat_positive) as csat_positive_count
    from rated
    group by account_id

),

answers as (

    select
        account_id,
        count(*) as nps_response_count,
        count(*) filter (where respondent_kind = 'promoter') as promoters,
        count(*) filter (where respondent_kind = 'detractor') as detractors
    from nps_respondents
    group by account_id

),

living_touches as (

    select
        touch.account_id,
        touch.touch_id,
        touch.channel,
        touch.occurred_at
    from touch
    left join erased
        on touch.person_id = erased.person_id
    where erased.person_id is null

),

touched as (

    select
        account_id,
        count(*) as touch_count,
        max(occurred_at) as last_touch_at
    from living_touches
    group by account_id

),

-- Of several touches in one instant the last by id.
last_touches as (

    select
        touched.account_id,
        {{ last_by('living_touches.channel', 'living_touches.touch_id') }} as last_touch_channel
    from touched
    inner join living_touches
        on
            touched.account_id = living_touches.account_id
            and touched.last_touch_at = living_touches.occurred_at
    group by touched.account_id

),

activities as (

    select
        account_id,
        max(occurred_at) as last_activity_at
    from activity
    group by account_id

),

sessions as (

    select
        account_id,
        max(started_at) as last_session_at
    from web_session
    group by account_id

),

-- What nobody bills by subscription is known by its wins alone.
unified as (

    select
        account.account_id,
        account.account_name,
        account.domain,
        account.country,
        account.industry,
        account.employee_count,
        account.segment,
        account.is_target_account,
        case
            when customers.is_customer then 'customer'
            when customers.account_id is not null then 'former_customer'
            when deals.won_opportunity_count > 0 then 'customer'
            when deals.pipeline_opportunity_count > 0 then 'opportunity'
            when people.lead_count > 0 then 'lead'
            else 'known'
        end as lifecycle_stage,
        account.owner_id,
        owner.owner_name,
        live_accounts.source_records,
        live_accounts.source_count,
        coalesce(people.person_count, 0) as person_count,
        coalesce(people.lead_count, 0) as lead_count,
        coalesce(people.mql_count, 0) as mql_count,
        coalesce(deals.opportunity_count, 0) as opportunity_count,
        coalesce(deals.open_opportunity_count, 0) as open_opportunity_count,
        coalesce(deals.stalled_opportunity_count, 0) as stalled_opportunity_count,
        coalesce(deals.open_pipeline_amount, 0) as open_pipeline_amount,
        coalesce(deals.won_opportunity_count, 0) as won_opportunity_count,
        coalesce(deals.won_revenue_amount, 0) as won_revenue_amount,
        deals.last_won_date,
        coalesce(deals.unconverted_opportunity_count, 0) as unconverted_opportunity_count,
        next_steps.next_step,
        next_steps.opportunity_id as next_step_opportunity_id,
        next_steps.owner_id as next_step_owner_id,
        next_steps.owner_name as next_step_owner_name,
        coalesce(customers.mrr, 0) as mrr,
        coalesce(customers.arr, 0) as arr,
        customers.customer_since,
        customers.customer_until,
        reported_months.movement as mrr_movement,
        coalesce(reported_months.mrr_moved, 0) as mrr_moved,
        contractions.last_contraction_month,
        deals.renewal_due_date,
        overdue.account_id is not null as has_overdue_payment,
        seats.usage_month,
        seats.licensed_seats,
        seats.active_users,
        coalesce(tickets.open_ticket_count, 0) as open_ticket_count,
        coalesce(tickets.reopened_ticket_count, 0) as reopened_ticket_count,
        coalesce(tickets.ticket_count, 0) as ticket_count,
        coalesce(tickets.csat_response_count, 0) as csat_response_count,
        {{ ratio('tickets.csat_positive_count', 'tickets.csat_response_count', places=0) }} as csat,
        coalesce(answers.nps_response_count, 0) as nps_response_count,
        {{ ratio(
            '100 * (answers.promoters - answers.detractors)', 'answers.nps_response_count', places=0
        ) }} as nps,
        coalesce(touched.touch_count, 0) as touch_count,
        touched.last_touch_at,
        last_touches.last_touch_channel,
        activities.last_activity_at,
        sessions.last_session_at,
        account.created_at,
        live_accounts.updated_at,
        account.parent_account_id,
        account.ultimate_parent_account_id
    from account
    inner join live_accounts on account.account_id = live_accounts.account_id
    left join owner on account.owner_id = owner.owner_id
    left join people on account.account_id = people.account_id
    left join deals on account.account_id = deals.account_id
    left join next_steps on account.account_id = next_steps.account_id
    left join customers on account.account_id = customers.account_id
    left join reported_months on account.account_id = reported_months.account_id
    left join contractions on account.account_id = contractions.account_id
    left join overdue on account.account_id = overdue.account_id
    left join seats on account.account_id = seats.account_id
    left join tickets on account.account_id = tickets.account_id
    left join answers on account.account_id = answers.account_id
    left join touched on account.account_id = touched.account_id
    left join last_touches on account.account_id = last_touches.account_id
    left join activities on account.account_id = activities.account_id
    left join sessions on account.account_id = sessions.account_id

),

-- A group is all accounts under one topmost parent; who has no parent is a group alone.
final as (

    select
        *,
        count(*) over same_group as group_account_count,
        cast(sum(open_pipeline_amount) over same_group as {{ money_type() }})
            as group_open_pipeline_amount,
        cast(sum(won_revenue_amount) over same_group as {{ money_type() }})
            as group_won_revenue_amount,
        cast(sum(mrr) over same_group as {{ money_type() }})
            as group_mrr
    from unified
    window same_group as (partition by ultimate_parent_account_id)

)

select * from final
