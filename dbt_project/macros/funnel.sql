{#
Rows of a relation by channel and by the month in which a step of theirs was taken: `step` is the
column of its instant, `counted` what is told of them by name. Reads the periods `months`.
#}
{% macro by_month_of(relation, step, counted) -%}
    select
        months.period as month,
        {{ relation }}.channel,
        {%- for name, count in counted.items() %}
        {{ count }} as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    inner join months
        on
            {{ relation }}.{{ step }} >= months.start_at
            and {{ relation }}.{{ step }} < months.end_at
    group by months.period, {{ relation }}.channel
{%- endmacro %}
