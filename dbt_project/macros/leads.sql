{# Stages of a person in the order in which they are passed. #}
{% macro person_stage_order(stage) -%}
    case {{ stage }}
        when 'LEAD' then 1
        when 'MQL' then 2
        when 'SAL' then 3
        when 'SQL' then 4
        when 'REJECTED' then 5
    end
{%- endmacro %}

{#
Whether what is due within so many business minutes was done in time: met, breached, or pending while
there is time left. The last minute is in time; without a clock nobody can tell.
#}
{% macro sla_state(done_at, business_us, limit_minutes) -%}
    case
        when {{ business_us }} > {{ limit_minutes }} * 60000000 then 'breached'
        when {{ business_us }} is not null and {{ done_at }} is not null then 'met'
        when {{ business_us }} is not null then 'pending'
    end
{%- endmacro %}
