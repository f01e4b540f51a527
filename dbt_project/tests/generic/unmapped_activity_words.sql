{# Words for a kind of task or event that seeds/activity_type_map.csv does not know, not even as no activity. #}
{% test unmapped_activity_words(model) %}

with

used as (

    select
        'salesforce' as source,
        coalesce(task_type, task_subtype) as word
    from {{ ref('stg_salesforce__tasks') }}
    where is_closed and not is_deleted

    union

    select
        'salesforce' as source,
        event_type as word
    from {{ ref('stg_salesforce__events') }}
    where not is_deleted

)

select used.*
from used
where
    used.word is not null
    and not exists (
        select 1
        from {{ ref('activity_type_map') }} as known
        where
            lower(used.word) = known.source_type
            and (known.source is null or used.source = known.source)
    )

{% endtest %}
