with

forecasts as (

    select * from {{ ref('stg_files__forecasts') }}
    where not is_deleted

),

owner_words as (

    {{ words_for_owners() }}

),

resolved as (

    select
        forecasts.*,
        owner_words.owner_id as unified_owner_id
    from forecasts
    left join owner_words
        on {{ folded('forecasts.owner_id') }} = owner_words.word

),

-- One owner may stand in two files, by mail address and by id; the newest row speaks.
ranked as (

    select
        *,
        row_number() over (
            partition by snapshot_date, period, coalesce(unified_owner_id, owner_id)
            order by _extracted_at desc, forecast_snapshot_id asc
        ) as newness
    from resolved

),

final as (

    select
        snapshot_date,
        period,
        unified_owner_id as owner_id,
        currency,
        amount,
        {{ entity_id('fcs', record_reference('files', 'forecasts', 'forecast_snapshot_id')) }}
            as forecast_snapshot_id,
        owner_id as owner_word,
        'files' as source,
        forecast_snapshot_id as source_record_id,
        _extracted_at
    from ranked
    where newness = 1

)

select * from final
