{# The place of a tool in `fact_precedence`: of two that tell one fact, the first is believed. #}
{% macro fact_precedence(fact, source) -%}
    {%- set tools = var('fact_precedence')[fact] -%}
    case {{ source }}
        {%- for tool in tools %} when '{{ tool }}' then {{ loop.index }}{% endfor %}
        else {{ tools | length + 1 }}
    end
{%- endmacro %}

{# What one unit is worth, of two currencies in units that are worth the same; to 8 places. #}
{% macro exchange_rate(units_bought, units_sold) -%}
    {%- set bought = whole('cast(' ~ units_bought ~ ' as decimal(38, 8))', 8) -%}
    {%- set sold = whole('cast(' ~ units_sold ~ ' as decimal(38, 8))', 8) -%}
    cast(
        {{ rounded_quotient(bought ~ ' * 100000000', sold) }}
        as decimal(38, 0)
    ) * cast(0.00000001 as decimal(8, 8))
{%- endmacro %}

{# A campaign of a tool, called alike in every fact: spend, figures and touches. #}
{% macro campaign_id(source, source_object, source_record_id) -%}
    {{ entity_id('cmp', record_reference(source, source_object, source_record_id)) }}
{%- endmacro %}

{#
How people name an owner in a file: by mail address, by the id of a tool, also Salesforce's shorter
one, or by ours. A word that two owners share means the one of the tool that counts first.
#}
{% macro words_for_owners() -%}
    select
        word,
        {{ first_by('owner_id', '(priority, owner_id)') }} as owner_id
    from (
        select
            {{ folded('named.word') }} as word,
            named.owner_id,
            {{ source_priority('named.source') }} as priority
        from (
            select
                records.source,
                owner_map.owner_id,
                unnest([
                    records.normalised_email, records.source_record_id, owner_map.owner_id,
                    case
                        when records.source = 'salesforce' then left(records.source_record_id, 15)
                    end
                ]) as word
            from {{ ref('owner_records') }} as records
            inner join {{ ref('owner_map') }} as owner_map
                on records.record_reference = owner_map.record_reference
        ) as named
        where named.word is not null
    )
    group by word
{%- endmacro %}

{# The currency of a tool that names none: declared in `tool_currency`, else the reporting currency. #}
{% macro tool_currency(tool) -%}
    {%- set currency = var('tool_currency').get(tool) -%}
    {%- if currency -%} '{{ currency }}' {%- else -%} {{ policy('reporting_currency') }} {%- endif -%}
{%- endmacro %}
