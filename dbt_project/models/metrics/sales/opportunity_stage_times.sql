with

versions as (

    select * from {{ ref('opportunity_versions') }}

),

-- A visit that lasts is counted until now.
spans as (

    select
        opportunity_id,
        stage,
        stage_order,
        is_open,
        is_arrival,
        valid_from,
        {{ microseconds('least(valid_to, ' ~ policy('as_of') ~ ')') }}
        - {{ microseconds('valid_from') }} as stayed_us
    from versions

),

final as (

    select
        opportunity_id || ' ' || stage as opportunity_stage_id,
        opportunity_id,
        stage,
        stage_order,
        is_open,
        min(valid_from) as first_entered_at,
        count(*) filter (where is_arrival) as visits,
        cast(sum(stayed_us) as bigint) as stayed_us
    from spans
    group by opportunity_id, stage, stage_order, is_open

)

select * from final
