with

customers as (

    select * from {{ ref('health_customers') }}

),

product_usage as (

    select * from {{ ref('product_usage') }}

),

tickets as (

    select * from {{ ref('health_tickets') }}

),

answers as (

    select * from {{ ref('health_answers') }}

),

payments as (

    select * from {{ ref('health_payments') }}

),

contacts as (

    select * from {{ ref('health_contacts') }}

),

final as (

    select
        customers.account_month,
        customers.account_id,
        customers.month,
        customers.seen_at,
        customers.is_reported,
        customers.is_evaluated,
        customers.usage_month,
        product_usage.licensed_seats,
        product_usage.active_users,
        coalesce(tickets.unsolved_tickets, 0) as unsolved_tickets,
        coalesce(tickets.reopened_tickets, 0) as reopened_tickets,
        coalesce(answers.respondents, 0) as respondents,
        coalesce(answers.promoters, 0) as promoters,
        coalesce(answers.passives, 0) as passives,
        coalesce(answers.detractors, 0) as detractors,
        payments.is_past_due,
        payments.last_contraction_month,
        contacts.contacted_at,
        contacts.contact_kind
    from customers
    left join product_usage
        on
            customers.account_id = product_usage.account_id
            and customers.usage_month = product_usage.usage_month
    left join tickets
        on
            customers.account_id = tickets.account_id
            and customers.seen_at = tickets.seen_at
    left join answers
        on
            customers.account_id = answers.account_id
            and customers.seen_at = answers.seen_at
    left join payments
        on customers.account_month = payments.account_month
    left join contacts
        on customers.account_month = contacts.account_month

)

select * from final
