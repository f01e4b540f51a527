{# Types for text that people and tools typed: what does not parse is null, never a failed build. #}
{% macro as_timestamp(text) -%}
    {{ return(adapter.dispatch('as_timestamp')(text)) }}
{%- endmacro %}

{# A bare date is midnight UTC whatever the reader's session zone; every other stamp has its offset. #}
{% macro default__as_timestamp(text) -%}
    try_cast(
        case when length({{ text }}) = 10 then {{ text }} || 'T00:00:00Z' else {{ text }} end
        as timestamptz
    )
{%- endmacro %}

{# What people typed without an offset is meant by the clock on the wall where the business is. #}
{% macro as_local_timestamp(text) -%}
    {{ return(adapter.dispatch('as_local_timestamp')(text)) }}
{%- endmacro %}

{% macro default__as_local_timestamp(text) -%}
    case
        when regexp_matches({{ text }}, '(Z|[+-]\d\d:?\d\d)$') then try_cast({{ text }} as timestamptz)
        else try_cast({{ text }} as timestamp) at time zone {{ policy('business_timezone') }}
    end
{%- endmacro %}

{# An instant that a tool writes as seconds since 1970. #}
{% macro from_unix_seconds(text) -%}
    {{ return(adapter.dispatch('from_unix_seconds')(text)) }}
{%- endmacro %}

{% macro default__from_unix_seconds(text) -%}
    to_timestamp(try_cast({{ text }} as double))
{%- endmacro %}

{# An instant that a tool writes as milliseconds since 1970. #}
{% macro from_unix_milliseconds(text) -%}
    {{ return(adapter.dispatch('from_unix_milliseconds')(text)) }}
{%- endmacro %}

{% macro default__from_unix_milliseconds(text) -%}
    to_timestamp(try_cast({{ text }} as double) / 1000)
{%- endmacro %}

{% macro as_date(text) -%}
    {{ return(adapter.dispatch('as_date')(text)) }}
{%- endmacro %}

{% macro default__as_date(text) -%}
    try_cast({{ text }} as date)
{%- endmacro %}

{% macro as_decimal(text, scale=2) -%}
    {{ return(adapter.dispatch('as_decimal')(text, scale)) }}
{%- endmacro %}

{% macro default__as_decimal(text, scale) -%}
    try_cast(replace({{ text }}, ',', '') as decimal(18, {{ scale }}))
{%- endmacro %}

{% macro as_integer(text) -%}
    {{ return(adapter.dispatch('as_integer')(text)) }}
{%- endmacro %}

{% macro default__as_integer(text) -%}
    try_cast(replace({{ text }}, ',', '') as integer)
{%- endmacro %}

{% macro as_boolean(text) -%}
    {{ return(adapter.dispatch('as_boolean')(text)) }}
{%- endmacro %}

{% macro default__as_boolean(text) -%}
    coalesce(try_cast({{ text }} as boolean), false)
{%- endmacro %}

{# A yes or a no; null where neither was said. #}
{% macro as_known_boolean(text) -%}
    {{ return(adapter.dispatch('as_known_boolean')(text)) }}
{%- endmacro %}

{% macro default__as_known_boolean(text) -%}
    try_cast({{ text }} as boolean)
{%- endmacro %}

{# The calendar day on which an instant falls where the business is. #}
{% macro business_date(instant) -%}
    {{ return(adapter.dispatch('business_date')(instant)) }}
{%- endmacro %}

{% macro default__business_date(instant) -%}
    cast({{ instant }} at time zone {{ policy('business_timezone') }} as date)
{%- endmacro %}

{# Microseconds since 1970. #}
{% macro microseconds(instant) -%}
    {{ return(adapter.dispatch('microseconds')(instant)) }}
{%- endmacro %}

{% macro default__microseconds(instant) -%}
    epoch_us({{ instant }})
{%- endmacro %}
