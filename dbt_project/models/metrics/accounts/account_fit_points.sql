with

account_facts as (

    select * from {{ ref('account_facts') }}

),

rules as (

    select * from {{ ref('account_fit_rules') }}

),

facts as (

    {{ facts_asked_for('account_facts', 'account_id', 'rules',
        words=[
            'account_name', 'domain', 'country', 'industry', 'segment', 'billing_currency',
            'owner_id', 'is_target_account', 'is_customer',
        ],
        numbers=[
            'employee_count', 'mrr', 'person_count', 'open_opportunity_count',
            'open_pipeline_amount', 'won_opportunity_count', 'won_revenue_amount',
            'open_ticket_count',
        ]
    ) }}

),

final as (

    select
        facts.account_id || ':' || rules.rule_id as account_rule,
        facts.account_id,
        rules.rule_id,
        rules.position,
        rules.field,
        facts.text_value,
        rules.points,
        coalesce(
            {{ told_of('rules.reason', 'facts.text_value', 'facts.number_value') }},
            {{ field_words('rules.field') }}
            || ': ' || {{ told_value('facts.text_value', 'facts.number_value') }}
        ) || ' (' || {{ points_text('rules.points') }} || ')' as reason
    from facts
    inner join rules
        on facts.field = rules.field
    where {{ rule_holds('rules', 'facts.text_value', 'facts.number_value') }}

)

select * from final
