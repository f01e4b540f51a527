{#
Which value of an attribute is the golden one, by the rules in `vars.survivorship`: the criteria of
an attribute in order, the first of which two values differ in decides. A steward's word comes
before all of them. See docs/how-to/unify-records.md.
#}

{# The criteria of an attribute with the steward's before them. #}
{% macro criteria_of(rule) -%}
    {{ return(['steward'] + rule.get('by', var('survivorship').default)) }}
{%- endmacro %}

{# Every value that a record holds, one row per attribute; `described` has one row per record. #}
{% macro candidate_values(described, entity_id, rules) -%}
    {%- for attribute, rule in rules.items() %}
    select
        {{ entity_id }},
        record_reference,
        source,
        updated_at,
        '{{ attribute }}' as attribute,
        cast({{ rule.get('column', attribute) }} as varchar) as value,
        {{ rule.get('verified', 'false') }} as is_verified,
        false as is_pinned
    from {{ described }}
    where may_speak and {{ rule.get('column', attribute) }} is not null
    {% if not loop.last %}union all{% endif -%}
    {%- endfor %}
{%- endmacro %}

{# How good a value is by one criterion; less is better. #}
{% macro criterion_key(criterion) -%}
    {%- if criterion == 'steward' -%} case when is_pinned then 0 else 1 end
    {%- elif criterion == 'verified' -%} case when is_verified then 0 else 1 end
    {%- elif criterion == 'source_priority' -%} {{ source_priority('source') }}
    {%- elif criterion == 'recency' -%} -coalesce({{ microseconds('updated_at') }}, 0)
    {%- elif criterion == 'most_frequent' -%} -value_count
    {%- elif criterion == 'longest' -%} -length(value)
    {%- elif criterion == 'most_complete' -%} -filled_count
    {%- elif criterion == 'most_restrictive' -%} case when value = 'true' then 0 else 1 end
    {%- else -%}
        {{ exceptions.raise_compiler_error("survivorship knows no criterion `" ~ criterion ~ "`") }}
    {%- endif -%}
{%- endmacro %}

{# The keys of all criteria of a row's attribute, to be compared one after the other. #}
{% macro criteria_keys(rules) -%}
    case attribute
        {%- for attribute, rule in rules.items() %}
        when '{{ attribute }}' then [
            {%- for criterion in criteria_of(rule) %}
            cast({{ criterion_key(criterion) }} as bigint){{ ',' if not loop.last }}
            {%- endfor %}
        ]
        {%- endfor %}
    end
{%- endmacro %}

{# The name of the first criterion in which the golden value's keys and the next value's differ. #}
{% macro deciding_criterion(keys, other_keys, rules) -%}
    case attribute
        {%- for attribute, rule in rules.items() %}
        when '{{ attribute }}' then
            case
                {%- for criterion in criteria_of(rule) %}
                when {{ keys }}[{{ loop.index }}] != {{ other_keys }}[{{ loop.index }}] then '{{ criterion }}'
                {%- endfor %}
                else 'record_reference'
            end
        {%- endfor %}
    end
{%- endmacro %}

{#
The golden values of one kind of entity. `described`: one row per record with the entity's id,
record_reference, source, updated_at, may_speak and the columns that the rules name.
#}
{% macro golden_values(described, entity, entity_id) -%}
    {%- set rules = var('survivorship')[entity] -%}
    {%- set kind = {'account': 'company', 'person': 'person'}[entity] %}
    {%- set asked = [] -%}
    {%- for rule in rules.values() %}{% do asked.extend(criteria_of(rule)) %}{% endfor %}
candidates as (
    {{ candidate_values(described, entity_id, rules) }}
),

banned as (

    select
        attribute,
        value
    from {{ ref('steward_decisions') }}
    where entity = '{{ kind }}' and decision = 'do_not_use_value'

),

pins as (

    select
        described.{{ entity_id }},
        described.record_reference,
        described.source,
        described.updated_at,
        decisions.attribute,
        decisions.value,
        false as is_verified,
        true as is_pinned
    from {{ ref('steward_decisions') }} as decisions
    inner join {{ described }} as described
        on decisions.left_record = described.record_reference
    where decisions.entity = '{{ kind }}' and decisions.decision = 'use_value'

),

usable as (

    select *
    from candidates
    where
        not exists (
            select 1
            from banned
            where
                candidates.value = banned.value
                and (banned.attribute is null or candidates.attribute = banned.attribute)
        )

    union all

    select * from pins

),

-- Of most entities there is one record only: nothing is to be compared.
contested as (

    select {{ entity_id }}
    from {{ described }}
    group by {{ entity_id }}
    having count(*) > 1

    union

    select {{ entity_id }}
    from pins

),

uncontested as (

    select
        {{ entity_id }} || ' ' || attribute as golden_value_id,
        {{ entity_id }},
        attribute,
        value,
        record_reference,
        'only_value' as rule,
        1 as candidate_count,
        0 as other_value_count
    from usable
    where {{ entity_id }} not in (select contested.{{ entity_id }} from contested)

),

counted as (

    {#- To count over every value is the dearest step: only where a rule asks for it. #}
    select
        *
        {%- if 'most_frequent' in asked %},
        count(*) over (partition by {{ entity_id }}, attribute, value) as value_count
        {%- endif %}
        {%- if 'most_complete' in asked %},
        count(*) over (partition by record_reference) as filled_count
        {%- endif %}
    from usable
    where {{ entity_id }} in (select contested.{{ entity_id }} from contested)

),

measured as (

    select
        {{ entity_id }},
        attribute,
        value,
        record_reference,
        {{ criteria_keys(rules) }} as keys
    from counted

),

won as (

    select
        {{ entity_id }},
        attribute,
        {{ first_by('value', '(keys, record_reference)') }} as value,
        {{ first_by('record_reference', '(keys, record_reference)') }} as record_reference,
        min(keys) as keys,
        count(*) as candidate_count
    from measured
    group by {{ entity_id }}, attribute

),

next_best as (

    select
        measured.{{ entity_id }},
        measured.attribute,
        min(measured.keys) as keys,
        count(distinct measured.value) as other_value_count
    from measured
    inner join won
        on
            measured.{{ entity_id }} = won.{{ entity_id }}
            and measured.attribute = won.attribute
    where measured.value != won.value
    group by measured.{{ entity_id }}, measured.attribute

),

decided as (

    select
        won.{{ entity_id }},
        won.attribute,
        won.value,
        won.record_reference,
        won.candidate_count,
        won.keys,
        next_best.keys as next_keys,
        coalesce(next_best.other_value_count, 0) as other_value_count
    from won
    left join next_best
        on
            won.{{ entity_id }} = next_best.{{ entity_id }}
            and won.attribute = next_best.attribute

),

golden as (

    select
        {{ entity_id }} || ' ' || attribute as golden_value_id,
        {{ entity_id }},
        attribute,
        value,
        record_reference,
        case
            when keys[1] = 0 then 'steward'
            when next_keys is not null then {{ deciding_criterion('keys', 'next_keys', rules) }}
            when candidate_count = 1 then 'only_value'
            else 'agreed'
        end as rule,
        candidate_count,
        other_value_count
    from decided

    union all

    select * from uncontested

)
{%- endmacro %}

{# A golden value as a column: the golden values of an entity are rows. #}
{% macro golden_value(attribute, type='varchar') -%}
    cast(max(value) filter (where attribute = '{{ attribute }}') as {{ type }})
{%- endmacro %}
