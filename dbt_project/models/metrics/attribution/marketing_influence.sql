with

deals as (

    select * from {{ ref('attribution_deals') }}

),

touches as (

    select * from {{ ref('attribution_touches') }}
    where scope = {{ policy('attribution_scope') }}

),

touched as (

    select
        opportunity_id,
        count(*) as touch_count,
        min(occurred_at) filter (where is_marketing) as first_marketing_touch_at
    from touches
    group by opportunity_id

),

placed as (

    select
        deals.*,
        coalesce(touched.touch_count, 0) as touch_count,
        touched.first_marketing_touch_at,
        touched.first_marketing_touch_at is not null as is_influenced,
        coalesce(touched.first_marketing_touch_at <= deals.created_at, false) as is_sourced
    from deals
    left join touched
        on deals.opportunity_id = touched.opportunity_id

),

final as (

    select
        opportunity_id,
        account_id,
        owner_id,
        opportunity_type,
        period,
        outcome,
        is_closed_in_window,
        is_created_in_window,
        close_date,
        touch_count,
        first_marketing_touch_at,
        is_sourced,
        is_influenced,
        case
            when is_sourced then 'sourced'
            when is_influenced then 'influenced'
            else 'none'
        end as credit_class,
        is_lead_of_marketing,
        amount,
        case when is_sourced then amount else 0 end as sourced_amount,
        case when is_influenced then amount else 0 end as influenced_amount
    from placed

)

select * from final
