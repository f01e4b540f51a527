{# Days before and after everything. #}
{% macro first_day() -%}
    cast('0001-01-01' as date)
{%- endmacro %}

{% macro last_day() -%}
    cast('9999-12-31' as date)
{%- endmacro %}

{# The instant at which the clock on a zone's wall shows a time of a day; a skipped hour moves on. #}
{% macro wall_clock(day, time, zone) -%}
    {{ return(adapter.dispatch('wall_clock')(day, time, zone)) }}
{%- endmacro %}

{# A day ends at 24:00, which is no time of its own. #}
{% macro default__wall_clock(day, time, zone) -%}
    (
        case
            when {{ time }} = '24:00' then cast({{ day }} + 1 as timestamp)
            else cast({{ day }} as date) + cast({{ time }} as time)
        end
    ) at time zone {{ zone }}
{%- endmacro %}

{# One row per day from the first to the last, both included, in the column `day`. #}
{% macro days_from(first, last) -%}
    {{ return(adapter.dispatch('days_from')(first, last)) }}
{%- endmacro %}

{% macro default__days_from(first, last) -%}
    (
        select cast(day as date) as day
        from generate_series({{ first }}, {{ last }}, interval 1 day) as series (day)
    )
{%- endmacro %}

{# 0 is Monday. #}
{% macro weekday(day) -%}
    {{ return(adapter.dispatch('weekday')(day)) }}
{%- endmacro %}

{% macro default__weekday(day) -%}
    (isodow({{ day }}) - 1)
{%- endmacro %}

{#
The rows of a relation, with the microseconds of business that its schedule's clock has counted at
each of some instants; stands behind `from`:
`business_time('tickets', 'schedule_id', {'created_business_us': 'created_at'})`.
The time between two instants is the difference. Null without an instant or a known schedule.
#}
{% macro business_time(relation, schedule_id, instants) -%}
    {{ return(adapter.dispatch('business_time')(relation, schedule_id, instants)) }}
{%- endmacro %}

{% macro default__business_time(relation, schedule_id, instants) -%}
    (
        select
            {{ relation }}.*,
            {%- for name, instant in instants.items() %}
            case
                when {{ relation }}.{{ instant }} is not null
                    then
                        {{ name }}_hours.business_us_before
                        + {{ microseconds('least(' ~ relation ~ '.' ~ instant ~ ', ' ~ name ~ '_hours.closes_at)') }}
                        - {{ microseconds(name ~ '_hours.opens_at') }}
            end as {{ name }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ relation }}
        {%- for name, instant in instants.items() %}
        asof left join {{ ref('business_hours') }} as {{ name }}_hours
            on
                {{ relation }}.{{ schedule_id }} = {{ name }}_hours.schedule_id
                and {{ relation }}.{{ instant }} >= {{ name }}_hours.opens_at
        {%- endfor %}
    )
{%- endmacro %}

{% macro first_instant() -%}
    timestamptz '0001-01-01 00:00:00+00'
{%- endmacro %}

{% macro last_instant() -%}
    timestamptz '9999-12-31 00:00:00+00'
{%- endmacro %}

{% macro next_month(day) -%}
    {{ return(adapter.dispatch('next_month')(day)) }}
{%- endmacro %}

{% macro default__next_month(day) -%}
    cast({{ day }} + interval 1 month as date)
{%- endmacro %}

{# The last business day of a period that is seen: its rates value what was there at its end. #}
{% macro rate_date(periods) -%}
    least({{ periods }}.end_date - 1, {{ policy('as_of_date') }})
{%- endmacro %}

{# An instant so many times 24 hours earlier: no change of clocks makes them longer or shorter. #}
{% macro days_before(instant, days) -%}
    {{ return(adapter.dispatch('days_before')(instant, days)) }}
{%- endmacro %}

{% macro default__days_before(instant, days) -%}
    ({{ instant }} - to_hours(24 * {{ days }}))
{%- endmacro %}

{# The first day of a day's month, or of one so many months earlier. #}
{% macro month_start(day, months_before=0) -%}
    {{ return(adapter.dispatch('month_start')(day, months_before)) }}
{%- endmacro %}

{% macro default__month_start(day, months_before) -%}
    cast(
        date_trunc('month', {{ day }})
        {%- if months_before %} - interval {{ months_before }} month{% endif %} as date
    )
{%- endmacro %}

{# `2025-06`. #}
{% macro month_label(day) -%}
    left(cast({{ day }} as varchar), 7)
{%- endmacro %}

{# The first day after it that is no Saturday or Sunday. #}
{% macro next_weekday(day) -%}
    {{ day }} + case {{ weekday(day) }} when 4 then 3 when 5 then 2 else 1 end
{%- endmacro %}
