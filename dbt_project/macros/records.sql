{# How one tool's record is called everywhere above staging: source:object:id. #}
{% macro record_reference(source, source_object, source_record_id) -%}
    '{{ source }}:{{ source_object }}:' || {{ source_record_id }}
{%- endmacro %}

{# The references of a list of ids, null where there is no list. #}
{% macro record_references(source, source_object, source_record_ids) -%}
    {{ return(adapter.dispatch('record_references')(source, source_object, source_record_ids)) }}
{%- endmacro %}

{% macro default__record_references(source, source_object, source_record_ids) -%}
    list_transform(
        {{ source_record_ids }}, lambda id: '{{ source }}:{{ source_object }}:' || id
    )
{%- endmacro %}

{#
An id of Salesforce with the three letters that make it safe where case is lost, as the record
itself has them: other tools often keep only the fifteen before. Each letter tells which of five
are capitals. Null for what is no such id.
#}
{% macro salesforce_id(text) -%}
    {{ return(adapter.dispatch('salesforce_id')(text)) }}
{%- endmacro %}

{% macro default__salesforce_id(text) -%}
    case
        when regexp_full_match({{ text }}, '[0-9A-Za-z]{18}') then {{ text }}
        when regexp_full_match({{ text }}, '[0-9A-Za-z]{15}') then {{ text }} || array_to_string(
            list_transform(
                [1, 6, 11],
                lambda start: substr(
                    'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
                    1 + cast(
                        list_sum(
                            list_transform(
                                [0, 1, 2, 3, 4],
                                lambda place: case
                                    when regexp_full_match(substr({{ text }}, start + place, 1), '[A-Z]')
                                        then 1 << place
                                    else 0
                                end
                            )
                        ) as integer
                    ),
                    1
                )
            ),
            ''
        )
    end
{%- endmacro %}

{# A record of Salesforce, by the id that another tool keeps of it. #}
{% macro salesforce_reference(source_object, text) -%}
    {{ record_reference('salesforce', source_object, salesforce_id(text)) }}
{%- endmacro %}

{# The first of a record's custom properties that holds something: installations name them differently. #}
{% macro first_property(properties, names) -%}
    coalesce(null{% for name in names %}, {{ json_text(properties, '$.' ~ name) }}{% endfor %})
{%- endmacro %}

{# The entries of a list that are something; an empty list for a list that is not there. #}
{% macro without_nulls(list) -%}
    {{ return(adapter.dispatch('without_nulls')(list)) }}
{%- endmacro %}

{% macro default__without_nulls(list) -%}
    coalesce(list_filter({{ list }}, lambda entry: entry is not null), cast([] as varchar []))
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
