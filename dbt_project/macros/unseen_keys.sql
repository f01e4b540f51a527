{#
The keys of which the log holds a version that a standing model has not seen. Only what was landed
since is looked at, and an hour before, so that a clock that was put back hides nothing; of that
hour, what the model holds already is left alone, or the build after the first landing would read
all of it once more.
#}
{% macro unseen_keys(log) -%}
    select landed._key
    from {{ log }} as landed
    left join {{ this }} as built
        on landed._key = built._key and landed._extracted_at = built._extracted_at
    where
        built._key is null
        and landed._extracted_at >= (
            select coalesce(max(seen._extracted_at), '-infinity') - {{ var('staging_overlap') }}
            from {{ this }} as seen
        )
{%- endmacro %}
