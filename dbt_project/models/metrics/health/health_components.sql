with

health_inputs as (

    select
        *,
        ({{ microseconds('seen_at') }} - {{ microseconds('contacted_at') }}) // 86400000000
            as days_since_contact
    from {{ ref('health_inputs') }}
    where is_reported

),

health_history as (

    select * from {{ ref('health_history') }}
    where is_reported

),

health_weights as (

    select * from {{ ref('health_weights') }}

),

explained as (

    {%- for component in health_components_in_order() %}
        select
            health_inputs.account_id,
            '{{ component }}' as component,
            health_history.{{ component }}_points as points,
            {{ health_reason(component) }} as because
        from health_inputs
        inner join health_history
            on health_inputs.account_month = health_history.account_month
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- Only what is declared to count is told.
final as (

    select
        explained.account_id || ' ' || explained.component as account_component,
        explained.account_id,
        explained.component,
        health_weights.position,
        health_weights.weight,
        explained.points,
        explained.because,
        case
            when explained.points is null
                then explained.component || ' left out: ' || explained.because
            else explained.component || ' ' || {{ whole_number('explained.points') }}
                || ' of 100: ' || explained.because
        end as reason
    from explained
    inner join health_weights
        on explained.component = health_weights.component

)

select * from final
