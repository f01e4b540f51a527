with

next_actions as (

    select * from {{ ref('next_actions') }}
    where is_escalation

),

final as (

    select
        decision_key || ':' || action || ':' || cast(since_date as varchar) as message_key,
        decision_key,
        '*' || action_en || '* · ' || action_ja || chr(10)
        || coalesce(subject_name, subject_id)
        || case when account_name is not null then ' (' || account_name || ')' else '' end
        || chr(10) || reason_en
        || chr(10) || reason_ja
        || chr(10) || 'For ' || coalesce(assignee_name, 'nobody yet')
        || case
            when owner_name != assignee_name then '; owned by ' || owner_name
            else ''
        end as message_text
    from next_actions

)

select * from final
