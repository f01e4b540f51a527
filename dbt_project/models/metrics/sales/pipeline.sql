with

opportunity_facts as (

    select * from {{ ref('opportunity_facts') }}
    where is_pipeline

),

final as (

    select
        {{ policy('as_of_date') }} as as_of_date,
        count(*) as opportunity_count,
        count(*) filter (where local_amount is null) as null_amount_count,
        count(*) filter (where close_date < {{ policy('as_of_date') }}) as overdue_count,
        {{ money_sum('amount') }} as pipeline_value,
        {{ money_sum('weighted_amount') }} as weighted_value
    from opportunity_facts

)

select * from final
