with

health_components as (

    select * from {{ ref('health_components') }}

),

health_scores as (

    select * from {{ ref('health_scores') }}

),

final as (

    {{ metrics([
        metric('health_component', 'health_components', 'points', 'points',
            ['account_id', 'component']),
        metric('health_score', 'health_scores', 'health_score', 'points', ['account_id']),
        metric('health_band', 'health_scores', 'health_band', 'text', ['account_id'])
    ]) }}

)

select * from final
