{% set account_fields = [
    'account_name', 'domain', 'country', 'industry', 'employee_count', 'segment', 'billing_currency',
    'is_target_account', 'owner_id',
] -%}
{% set person_fields = [
    'account_id', 'full_name', 'email', 'email_domain', 'title', 'department', 'seniority', 'country',
    'lead_channel',
] -%}
with

person as (

    select
        *,
        case when email like '%@%' then lower(split_part(email, '@', -1)) end as email_domain
    from {{ ref('person') }}
    where
        not is_deleted
        and (created_at is null or created_at < {{ policy('as_of') }})

),

account as (

    select * from {{ ref('account') }}

),

rules as (

    select * from {{ ref('scoring_attribute_rules') }}

),

known as (

    {% for field in person_fields -%}
    select
        person.person_id,
        'person.{{ field }}' as field,
        cast(person.{{ field }} as varchar) as text_value,
        cast(null as {{ attribute_number() }}) as number_value
    from person
    where 'person.{{ field }}' in (select rules.field from rules)

    union all

    {% endfor -%}
    {% for field in account_fields -%}
    select
        person.person_id,
        'account.{{ field }}' as field,
        cast(account.{{ field }} as varchar) as text_value,
        cast(
            {{ 'account.employee_count' if field == 'employee_count' else 'null' }}
            as {{ attribute_number() }}
        ) as number_value
    from person
    inner join account
        on person.account_id = account.account_id
    where 'account.{{ field }}' in (select rules.field from rules)
    {%- if not loop.last %}

    union all

    {% endif -%}
    {% endfor %}

),

-- Many people share a value: a rule is asked once about each.
field_values as (

    select distinct
        field,
        text_value,
        number_value
    from known
    where text_value is not null

),

held as (

    select
        field_values.field,
        field_values.text_value,
        rules.rule_id,
        rules.position,
        rules.points,
        coalesce(
            replace(rules.reason, '{value}', field_values.text_value),
            {{ field_words('rules.field') }} || ': ' || field_values.text_value
        ) as reason
    from field_values
    inner join rules
        on field_values.field = rules.field
    where {{ rule_holds('rules', 'field_values.text_value', 'field_values.number_value') }}

),

final as (

    select
        known.person_id || ':' || held.rule_id as person_rule,
        known.person_id,
        held.rule_id,
        held.position,
        held.field,
        held.text_value,
        held.points,
        held.reason
    from known
    inner join held
        on
            known.field = held.field
            and known.text_value = held.text_value

)

select * from final
