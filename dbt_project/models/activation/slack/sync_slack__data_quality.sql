{{ config(materialized='view') }}

with

worklist as (

    select
        *,
        table_name || ':' || cast(epoch_us(since) as varchar) || ':'
        || coalesce(owner_id, rule_owner) as message_key,
        coalesce(owner_name, rule_owner) as addressee,
        -- A channel is read by many: people are known there by their record alone.
        record_kind = 'person' as is_person
    from {{ ref('data_quality_worklist') }}
    -- What is wrong with a message is no record of anybody's.
    where table_name not like 'activation.%'
    -- Two pieces of work on one record are mended at once.
    qualify
        finding_key
        = min(finding_key) over (partition by message_key, rule, record_kind, record_id)

),

lines as (

    select
        message_key,
        table_name,
        addressee,
        row_number() over (
            partition by message_key
            order by is_withheld desc, rule asc, finding_key asc
        ) as line_no,
        '• ' || record_kind || ' '
        || case when is_person then '' else coalesce(left(record_name, 80) || ' ', '') end
        || '(' || coalesce(tool || ' ' || tool_record_id, record_id) || '): '
        || left(what_is_wrong, 150)
        || case when is_withheld then ' [withheld / 送信停止]' else '' end
        || case
            when suggested_value is null then ''
            when is_person then chr(10) || '   A correction is suggested in the worklist / 推奨値は一覧に'
            else chr(10) || '   Meant / 推奨値: ' || left(suggested_value, 80)
        end
        || coalesce(chr(10) || '   ' || link, '') as line
    from worklist

),

final as (

    select
        message_key,
        '*Data to mend · 直すデータ* · ' || min(addressee) || ' · ' || min(table_name) || ': '
        || cast(count(*) as varchar) || chr(10)
        || string_agg(line, chr(10) order by line_no) filter (where line_no <= 10)
        || case
            when count(*) > 10
                then
                    chr(10) || '… and ' || cast(count(*) - 10 as varchar)
                    || ' more in marts.data_quality_worklist / 残りは一覧に'
            else ''
        end as message_text
    from lines
    group by message_key

)

select * from final
