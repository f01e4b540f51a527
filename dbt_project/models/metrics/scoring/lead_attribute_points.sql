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

    {{ asked_properties(
        person_fields=[
            'person_id', 'account_id', 'full_name', 'email', 'email_domain', 'title', 'department',
            'seniority', 'country', 'lead_channel', 'is_deleted',
        ],
        account_fields=[
            'account_id', 'account_name', 'domain', 'country', 'industry', 'employee_count',
            'segment', 'billing_currency', 'is_target_account', 'owner_id',
        ]
    ) }}

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
