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

{# A part of a payload as it stands, for fields that nobody named yet. #}
{% macro json_part(document, path) -%}
    {{ return(adapter.dispatch('json_part')(document, path)) }}
{%- endmacro %}

{% macro default__json_part(document, path) -%}
    json_extract({{ document }}, '{{ path }}')
{%- endmacro %}

{# A document in which the fields of another, where it has any, stand in place of its own. #}
{% macro json_patched(document, patch) -%}
    {{ return(adapter.dispatch('json_patched')(document, patch)) }}
{%- endmacro %}

{% macro default__json_patched(document, patch) -%}
    json_merge_patch({{ document }}, coalesce({{ patch }}, '{}'))
{%- endmacro %}

{# The value of the entry of a list of names and values that has this name. #}
{% macro first_named(list, name) -%}
    {{ return(adapter.dispatch('first_named')(list, name)) }}
{%- endmacro %}

{% macro default__first_named(list, name) -%}
    json_extract_string(
        list_filter({{ list }}, lambda entry: json_extract_string(entry, '$.name') = '{{ name }}')[1],
        '$.value'
    )
{%- endmacro %}

{# The parts of a text that a tool uses as a list; none for a text that is not there. #}
{% macro split_text(text, separator) -%}
    {{ return(adapter.dispatch('split_text')(text, separator)) }}
{%- endmacro %}

{% macro default__split_text(text, separator) -%}
    string_split({{ text }}, '{{ separator }}')
{%- endmacro %}

{# The name of the team that is marked as the first one, else of any. #}
{% macro primary_team(document) -%}
    {{ return(adapter.dispatch('primary_team')(document)) }}
{%- endmacro %}

{% macro default__primary_team(document) -%}
    json_extract_string(
        list_concat(
            list_filter(
                {{ json_list(document, '$.teams') }},
                lambda team: json_extract_string(team, '$.primary') = 'true'
            ),
            {{ json_list(document, '$.teams') }}
        )[1],
        '$.name'
    )
{%- endmacro %}
