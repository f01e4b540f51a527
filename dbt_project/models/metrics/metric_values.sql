{%- set subjects = ['sales'] -%}

with

{% for subject in subjects -%}
{{ subject }} as (

    select * from {{ ref('metric_values__' ~ subject) }}

),

{% endfor -%}

every_subject as (

    {% for subject in subjects -%}
    select * from {{ subject }}{{ '\n\n    union all\n\n    ' if not loop.last }}
    {%- endfor %}

),

final as (

    select
        metric || ' ' || dims as metric_key,
        metric,
        dims,
        value,
        unit,
        number
    from every_subject

)

select * from final
