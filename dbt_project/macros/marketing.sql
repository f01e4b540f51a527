{# Whether a folded text holds a word: a Latin word whole, a Japanese one anywhere. #}
{% macro holds_word(folded_text, word) -%}
    {{ return(adapter.dispatch('holds_word')(folded_text, word)) }}
{%- endmacro %}

{% macro default__holds_word(folded_text, word) -%}
    case
        when regexp_matches({{ word }}, '[a-z]')
            then contains(
                ' ' || regexp_replace({{ folded_text }}, '[^\p{L}\p{N}]+', ' ', 'g') || ' ',
                ' ' || {{ word }} || ' '
            )
        else contains({{ folded_text }}, {{ word }})
    end
{%- endmacro %}

{# The value of a parameter in an address or a query string, decoded. #}
{% macro url_parameter(address, name) -%}
    {{ return(adapter.dispatch('url_parameter')(address, name)) }}
{%- endmacro %}

{% macro default__url_parameter(address, name) -%}
    case
        when contains({{ address }}, '=')
            then nullif(
                url_decode(
                    replace(
                        regexp_extract({{ address }}, '(?:^|[?&])(?:{{ name }})=([^&#]*)', 1), '+', ' '
                    )
                ),
                ''
            )
    end
{%- endmacro %}

{# Whether an ad network left its mark on a link. #}
{% macro has_ad_click_id(address) -%}
    ({{ url_parameter(address, 'gclid|gbraid|wbraid|msclkid|yclid') }} is not null)
{%- endmacro %}

{# A name without what people write differently in it, as `campaign` has it. #}
{% macro normalised_word(text) -%}
    replace({{ snake_cased(folded(text)) }}, '_', '')
{%- endmacro %}

{# An instant moved by a declared length of time; `direction` is + or -. #}
{% macro moved(instant, direction, length) -%}
    ({{ instant }} {{ direction }} {{ length }})
{%- endmacro %}

{# The number of the day since 1970, in UTC: a cheap key for what lies close together. #}
{% macro day_number(instant) -%}
    ({{ microseconds(instant) }} // 86400000000)
{%- endmacro %}

{% macro seconds_between(first, last) -%}
    {{ return(adapter.dispatch('seconds_between')(first, last)) }}
{%- endmacro %}

{% macro default__seconds_between(first, last) -%}
    cast(floor((epoch_us({{ last }}) - epoch_us({{ first }})) / 1000000) as integer)
{%- endmacro %}

{# The instant at which a day begins where the business is. #}
{% macro business_day_start(day) -%}
    {{ return(adapter.dispatch('business_day_start')(day)) }}
{%- endmacro %}

{% macro default__business_day_start(day) -%}
    cast({{ day }} as timestamp) at time zone {{ policy('business_timezone') }}
{%- endmacro %}

{# The last value of a column up to a row, and the first from it on; nulls are passed over. #}
{% macro last_known(value, window) -%}
    {{ return(adapter.dispatch('last_known')(value, window)) }}
{%- endmacro %}

{% macro default__last_known(value, window) -%}
    last_value({{ value }} ignore nulls) over (
        {{ window }} rows between unbounded preceding and current row
    )
{%- endmacro %}

{% macro next_known(value, window) -%}
    {{ return(adapter.dispatch('next_known')(value, window)) }}
{%- endmacro %}

{% macro default__next_known(value, window) -%}
    first_value({{ value }} ignore nulls) over (
        {{ window }} rows between current row and unbounded following
    )
{%- endmacro %}

{#
The steps that tell by which channel somebody arrived, as `arrived`. `relation` has one row per
arrival with utm_medium, utm_source (as written), has_ad_click_id, page_url and referrer: the marks
on the link come first, then the ad network's own mark, then the site that sent them, unless it is
our own. UDFs: in tables only.
#}
{% macro arrivals(relation) -%}
referrers as (

    select distinct referrer
    from {{ relation }}
    where referrer is not null

),

pages as (

    select distinct {{ host_of('lower(page_url)') }} as host
    from {{ relation }}
    where page_url is not null

),

own_sites as (

    select distinct {{ registrable_domain('host') }} as domain
    from pages

),

referring_sites as (

    select
        referrer,
        {{ host_of('lower(referrer)') }} as host,
        {{ registrable_domain('referrer') }} as domain
    from referrers

),

referrer_channels as (

    select
        sites.referrer,
        coalesce(by_host.channel, by_domain.channel, by_name.channel, 'referral') as channel
    from referring_sites as sites
    left join {{ ref('referrer_channel_map') }} as by_host
        on sites.host = by_host.referrer
    left join {{ ref('referrer_channel_map') }} as by_domain
        on sites.domain = by_domain.referrer
    left join {{ ref('referrer_channel_map') }} as by_name
        on split_part(sites.domain, '.', 1) = by_name.referrer
    left join own_sites
        on sites.domain = own_sites.domain
    where own_sites.domain is null

),

marks as (

    select
        utm_medium,
        utm_source,
        {{ snake_cased('utm_medium') }} as medium,
        {{ snake_cased('utm_source') }} as source
    from {{ relation }}
    where utm_medium is not null or utm_source is not null
    group by utm_medium, utm_source

),

mark_channels as (

    select
        marks.utm_medium,
        marks.utm_source,
        coalesce(by_both.channel, by_medium.channel, by_source.channel, marks.medium, 'other')
            as channel
    from marks
    left join {{ ref('utm_channel_map') }} as by_both
        on marks.medium = by_both.utm_medium and marks.source = by_both.utm_source
    left join {{ ref('utm_channel_map') }} as by_medium
        on marks.medium = by_medium.utm_medium and by_medium.utm_source is null
    left join {{ ref('utm_channel_map') }} as by_source
        on marks.source = by_source.utm_source and by_source.utm_medium is null

),

arrived as (

    select
        {{ relation }}.*,
        coalesce(
            mark_channels.channel,
            case when {{ relation }}.has_ad_click_id then 'paid_search' end,
            referrer_channels.channel,
            'direct'
        ) as arrival_channel
    from {{ relation }}
    left join mark_channels
        on
            {{ relation }}.utm_medium is not distinct from mark_channels.utm_medium
            and {{ relation }}.utm_source is not distinct from mark_channels.utm_source
    left join referrer_channels
        on {{ relation }}.referrer = referrer_channels.referrer

)
{%- endmacro %}
