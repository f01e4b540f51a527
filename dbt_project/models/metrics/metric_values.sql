{{
    config(
        post_hook="{{ report_metrics(ref('metric_registry'), ref('policy_settings'), ref('policy_periods')) }}"
    )
}}
with

every_subject as (

    select * from {{ ref('metric_values__recurring') }}

    union all

    select * from {{ ref('metric_values__revenue') }}

    union all

    select * from {{ ref('metric_values__costs') }}

    union all

    select * from {{ ref('metric_values__sales') }}

    union all

    select * from {{ ref('metric_values__leads') }}

    union all

    select * from {{ ref('metric_values__engagement') }}

    union all

    select * from {{ ref('metric_values__support') }}

    union all

    select * from {{ ref('metric_values__attribution') }}

    union all

    select * from {{ ref('metric_values__decisions') }}

    union all

    select * from {{ ref('metric_values__health') }}

    union all

    select * from {{ ref('metric_values__scoring') }}

    union all

    select * from {{ ref('metric_values__planning') }}

    union all

    select * from {{ ref('metric_values__experiments') }}

),

final as (

    select
        metric_key,
        metric,
        dims,
        value,
        unit,
        number
    from every_subject

)

select * from final
