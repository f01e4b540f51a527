with

exchanged as (

    select * from {{ ref('experiment_results') }}
    where kind = 'exchanged'

),

compounding as (

    select * from {{ ref('experiment_compounding') }}

),

final as (

    {{ metrics([
        metric('ab_absolute_lift', 'exchanged', 'absolute_lift', 'ratio'),
        metric('ab_relative_lift', 'exchanged', 'relative_lift', 'ratio'),
        metric('ab_z', 'exchanged', 'z', 'ratio'),
        metric('ab_p_value_two_sided', 'exchanged', 'p_value', 'ratio'),
        metric('ab_compounded_gain', 'compounding', 'compounded_gain', 'ratio')
    ]) }}

)

select * from final
