with

quotas as (

    select * from {{ ref('stg_files__quotas') }}
    where not is_deleted

),

owner_words as (

    {{ words_for_owners() }}

),

resolved as (

    select
        quotas.*,
        owner_words.owner_id as unified_owner_id
    from quotas
    left join owner_words
        on {{ folded('quotas.owner_id') }} = owner_words.word

),

-- One owner may stand in two files, by mail address and by id; the newest row speaks.
ranked as (

    select
        *,
        row_number() over (
            partition by coalesce(unified_owner_id, owner_id), period
            order by _extracted_at desc, quota_id asc
        ) as newness
    from resolved

),

final as (

    select
        unified_owner_id as owner_id,
        period,
        currency,
        amount,
        {{ entity_id('quo', record_reference('files', 'quotas', 'quota_id')) }} as quota_id,
        owner_id as owner_word,
        'files' as source,
        quota_id as source_record_id,
        _extracted_at
    from ranked
    where newness = 1

)

select * from final
