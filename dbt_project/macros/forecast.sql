{#
How good forecasts were, one row per group of the columns `grain`: the one definition of accuracy and
bias for whatever forecasts. `owners`: a relation with one row per owner and call, and the columns
forecast_amount and actual_amount.
#}
{% macro forecast_scores(owners, grain) -%}
    select
        *,
        {{ ratio('missed_amount', 'actual_size') }} as wape,
        1 - {{ ratio('missed_amount', 'actual_size') }} as accuracy,
        {{ ratio('abs(forecast_amount - actual_amount)', 'abs(actual_amount)') }} as company_wape,
        {{ ratio('(forecast_amount - actual_amount)', 'actual_size') }} as bias
    from (
        select
            {%- for column in grain %}
            {{ column }},
            {%- endfor %}
            count(*) as owner_count,
            {{ money_sum('forecast_amount') }} as forecast_amount,
            {{ money_sum('actual_amount') }} as actual_amount,
            {{ money_sum(forecast_miss('forecast_amount', 'actual_amount')) }} as missed_amount,
            {{ money_sum('abs(actual_amount)') }} as actual_size
        from {{ owners }}
        group by {{ grain | join(', ') }}
    ) as calls
{%- endmacro %}

{# By how much one owner's forecast missed what became of it. #}
{% macro forecast_miss(forecast_amount, actual_amount) -%}
    abs({{ forecast_amount }} - {{ actual_amount }})
{%- endmacro %}

{# Tells what the baseline is reckoned from: forecasts of two versions are two methods. #}
{% macro baseline_version() -%}
    {%- set forecast = var('forecast') -%}
    'stage-age-1 ages {{ forecast["age_days"] | join(",") }}
    {#- #} horizons {{ forecast["horizon_days"] | join(",") }} prior {{ forecast["prior_cases"] }}
    {#- #} least {{ forecast["least_cases"] }}'
{%- endmacro %}

{# The bounds of the ages of deals as rows: age_days, and until_days, which is null for the last. #}
{% macro forecast_ages() -%}
    {%- set bounds = var('forecast')['age_days'] -%}
    {%- for days in bounds %}
    select
        {{ days }} as age_days,
        {% if loop.last -%}
        cast(null as integer)
        {%- else -%}
        {{ bounds[loop.index] }}
        {%- endif %} as until_days
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
{%- endmacro %}

{# The horizons as rows: horizon_days, and from_days, where the one before it ends. #}
{% macro forecast_horizons() -%}
    {%- set bounds = [0] + var('forecast')['horizon_days'] -%}
    {%- for days in bounds[1:] %}
    select
        {{ bounds[loop.index0] }} as from_days,
        {{ days }} as horizon_days
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
{%- endmacro %}

{# A share of few cases, pulled towards another as if so many more cases had been seen with that. #}
{% macro pulled_towards(wins, cases, share) -%}
    {%- set prior = var('forecast')['prior_cases'] -%}
    {{ ten_places(
        rounded_quotient(
            '(' ~ whole(wins) ~ ' * 10000000000 + ' ~ prior ~ ' * ' ~ whole(share, 10) ~ ')',
            '(' ~ cases ~ ' + ' ~ prior ~ ')'
        )
    ) }}
{%- endmacro %}

{# One row per owner, call and method; `methods`: which column is whose forecast, best known first. #}
{% macro forecast_by_method(calls, methods) -%}
    {%- for method, amount in methods.items() %}
    select
        snapshot_date,
        period,
        owner_id,
        owner_or_nobody,
        is_called,
        has_ended,
        '{{ method }}' as method,
        {{ loop.index }} as method_order,
        {{ amount }} as forecast_amount,
        became_amount as actual_amount,
        {% if method == 'baseline' -%}
        became_amount between baseline_low_amount and baseline_high_amount
        {%- else -%}
        cast(null as boolean)
        {%- endif %} as is_in_range
    from {{ calls }}
    {%- if method == 'commit' %}
    where is_called
    {%- endif %}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
{%- endmacro %}

{# An instant so many times 24 hours later. #}
{% macro days_after(instant, days) -%}
    {{ return(adapter.dispatch('days_after')(instant, days)) }}
{%- endmacro %}

{% macro default__days_after(instant, days) -%}
    ({{ instant }} + to_hours(24 * {{ days }}))
{%- endmacro %}

{% macro day_us() -%}
    86400000000
{%- endmacro %}

{# Money of a report at a probability in percent, rounded once more. #}
{% macro at_percent(amount, percent) -%}
    {{ money_of_fraction(whole(amount, 3) ~ ' * ' ~ percent, 10 ** 5) }}
{%- endmacro %}

{# Whether a close date lies in a period. #}
{% macro closes_in(deals, periods) -%}
    ({{ deals }}.close_date >= {{ periods }}.first_date and {{ deals }}.close_date < {{ periods }}.end_date)
{%- endmacro %}

{# `for 15 to 30 days`, `for 120 days or more`. #}
{% macro days_in_words(age_days, until_days) -%}
    'for ' || {{ age_days }} || coalesce(' to ' || {{ until_days }} || ' days', ' days or more')
{%- endmacro %}
