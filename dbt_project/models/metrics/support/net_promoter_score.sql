with

nps_respondents as (

    select * from {{ ref('nps_respondents') }}

),

counted as (

    select
        count(*) as respondents,
        count(*) filter (where respondent_kind = 'promoter') as promoters,
        count(*) filter (where respondent_kind = 'detractor') as detractors
    from nps_respondents

),

final as (

    select
        {{ policy('as_of_date') }} as as_of_date,
        *,
        {{ ratio('100 * (promoters - detractors)', 'respondents', places=0) }} as nps
    from counted

)

select * from final
