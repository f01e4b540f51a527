{# The only way into a payload. Empty text counts as absent: tools clear a field by emptying it. #}
{% macro json_text(document, path) -%}
    {{ return(adapter.dispatch('json_text')(document, path)) }}
{%- endmacro %}

{% macro default__json_text(document, path) -%}
    nullif(trim(json_extract_string({{ document }}, '{{ path }}')), '')
{%- endmacro %}

{% macro json_list(document, path) -%}
    {{ return(adapter.dispatch('json_list')(document, path)) }}
{%- endmacro %}

{% macro default__json_list(document, path) -%}
    try_cast(json_extract({{ document }}, '{{ path }}') as varchar [])
{%- endmacro %}

{# Every text that a path with a wildcard finds, such as `$.companies.data[*].id`. #}
{% macro json_texts(document, path) -%}
    {{ return(adapter.dispatch('json_texts')(document, path)) }}
{%- endmacro %}

{% macro default__json_texts(document, path) -%}
    json_extract_string({{ document }}, '{{ path }}')
{%- endmacro %}
