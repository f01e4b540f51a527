with

opportunity_facts as (

    select * from {{ ref('opportunity_facts') }}
    where opportunity_type = 'renewal'

),

opportunity as (

    select
        opportunity_id,
        renewal_due_date,
        renewal_base_amount,
        coalesce(renewal_base_currency, currency) as base_currency
    from {{ ref('opportunity') }}

),

rates as (

    select * from {{ ref('fx_rate_periods') }}

),

based as (

    select
        opportunity_facts.opportunity_id,
        opportunity_facts.account_id,
        opportunity_facts.owner_id,
        opportunity.renewal_due_date,
        opportunity_facts.is_closed,
        opportunity_facts.is_won,
        {{ converted('opportunity.renewal_base_amount', 'rates.rate') }} as base_amount,
        case
            when opportunity_facts.is_won then opportunity_facts.amount_at_plan
            when opportunity_facts.is_closed then cast(0 as {{ money_type() }})
        end as renewed_amount
    from opportunity_facts
    inner join opportunity
        on opportunity_facts.opportunity_id = opportunity.opportunity_id
    left join rates
        on {{ rate_on('rates', "'plan'", 'opportunity.base_currency', policy('as_of_date')) }}

),

-- What it is worth more than before is no renewal but growth.
final as (

    select
        *,
        case when renewed_amount > base_amount then base_amount else renewed_amount end
            as kept_amount,
        base_amount is not null and renewed_amount is not null as is_valued
    from based

)

select * from final
