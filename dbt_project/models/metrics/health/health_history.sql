with

parts as (

    select * from {{ ref('health_parts') }}

),

declared_weights as (

    select * from {{ ref('health_weights') }}

),

-- Each band ends where the better one begins.
bands as (

    select
        band,
        floor as begins_at,
        lag(floor) over (order by floor desc) as ends_before
    from {{ ref('health_bands') }}

),

weights as (

    select
        {%- for component in health_components_in_order() %}
            max(weight_parts) filter (where component = '{{ component }}')
                as {{ component }}_weight,
        {%- endfor %}
        cast(sum(weight_parts) as hugeint) as whole_weight
    from declared_weights

),

units as (

    select
        parts.*,
        weights.*,
        cast(parts.usage_whole as hugeint) * parts.sentiment_whole as unit,
        {%- for component in health_components_in_order() %}
            {{ weight_present(component) }}{{ ' +' if not loop.last }}
        {%- endfor %} as weight_of_present
    from parts
    cross join weights

),

weighed as (

    select
        *,
        {%- for component in health_components_in_order() %}
            {{ weighed(component) }}{{ ' +' if not loop.last }}
        {%- endfor %} as weighed_parts,
        {{ ratio('weight_of_present', 'whole_weight', places=0) }} as weight_present
    from units

),

scored as (

    select
        *,
        case
            when weight_present >= {{ health('min_weight_present') }} and weight_of_present > 0
                then {{ ratio_of_products(
                    ['weighed_parts'], ['weight_of_present', 'unit', '10000']
                ) }}
        end as health_score
    from weighed

),

final as (

    select
        scored.account_month,
        scored.account_id,
        scored.month,
        scored.seen_at,
        scored.is_reported,
        scored.is_evaluated,
        {%- for component in health_components_in_order() %}
            case
                when scored.{{ component }}_weight is not null
                    then {{ ratio(
                        'scored.' ~ component ~ '_parts', '(10000 * scored.' ~ component ~ '_whole)',
                        places=0
                    ) }}
            end as {{ component }}_points,
        {%- endfor %}
        scored.weight_present,
        scored.health_score,
        case
            when scored.health_score is null then 'insufficient'
            else bands.band
        end as health_band
    from scored
    left join bands
        on
            scored.health_score >= bands.begins_at
            and (bands.ends_before is null or scored.health_score < bands.ends_before)

)

select * from final
