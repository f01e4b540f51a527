{# How one tool's record is called everywhere above staging: source:object:id. #}
{% macro record_reference(source, source_object, source_record_id) -%}
    '{{ source }}:{{ source_object }}:' || {{ source_record_id }}
{%- endmacro %}

{# An id that any rebuild finds again: it hangs on the founding record's reference and nothing else. #}
{% macro entity_id(prefix, founder_reference) -%}
    '{{ prefix }}_' || left(md5({{ founder_reference }}), 16)
{%- endmacro %}

{# The founder is the record created first, deleted or not, so that an id outlives its record. #}
{% macro founder(partition_by) -%}
    first_value(record_reference) over (
        partition by {{ partition_by }}
        order by created_at nulls last, record_reference
    )
{%- endmacro %}

{% macro source_priority(source) -%}
    case {{ source }}
        {%- for name in var('source_priority') %} when '{{ name }}' then {{ loop.index }}{% endfor %}
        else {{ var('source_priority') | length + 1 }}
    end
{%- endmacro %}

{# Whose word counts first: the declared tool's, then the newest. #}
{% macro survivorship_rank(entity_id, records) -%}
    row_number() over (
        partition by {{ entity_id }}
        order by
            {{ source_priority(records ~ '.source') }},
            {{ records }}.updated_at desc nulls last,
            {{ records }}.record_reference
    )
{%- endmacro %}

{# Deleted records found no value, except of an entity that nothing living describes any more. #}
{% macro may_speak(entity_id, records) -%}
    (not {{ records }}.is_deleted or bool_and({{ records }}.is_deleted) over (partition by {{ entity_id }}))
{%- endmacro %}

{# The best ranked record's value, or the next one's where it has none. #}
{% macro surviving(value) -%}
    {{ first_by(value, 'survivorship_rank') }}
{%- endmacro %}

{# One row per entry of a list, with its place in it. #}
{% macro each_entry(list) -%}
    {{ return(adapter.dispatch('each_entry')(list)) }}
{%- endmacro %}

{% macro default__each_entry(list) -%}
    unnest({{ list }}) as entry,
    generate_subscripts({{ list }}, 1) as entry_position
{%- endmacro %}

{# The value of the row that comes first, nulls passed over. #}
{% macro first_by(value, position) -%}
    {{ return(adapter.dispatch('first_by')(value, position)) }}
{%- endmacro %}

{% macro default__first_by(value, position) -%}
    arg_min({{ value }}, {{ position }})
{%- endmacro %}

{# The three parts of a reference, as columns. #}
{% macro reference_parts(reference) -%}
    split_part({{ reference }}, ':', 1) as source,
    split_part({{ reference }}, ':', 2) as source_object,
    split_part({{ reference }}, ':', 3) as source_record_id
{%- endmacro %}

{# Family name first where a name is written in kanji or kana, as its bearer writes it. #}
{% macro full_name(first_name, last_name) -%}
    case
        when regexp_matches(coalesce({{ last_name }}, {{ first_name }}), '[\p{Han}\p{Hiragana}\p{Katakana}]')
            then concat_ws(' ', {{ last_name }}, {{ first_name }})
        else nullif(concat_ws(' ', {{ first_name }}, {{ last_name }}), '')
    end
{%- endmacro %}
