{# The names in an object whose names are the account's own, and the values in the same order. #}
{% macro json_names(document, path) -%}
    {{ return(adapter.dispatch('json_names')(document, path)) }}
{%- endmacro %}

{% macro default__json_names(document, path) -%}
    map_keys(try_cast(json_extract({{ document }}, '{{ path }}') as map(varchar, varchar)))
{%- endmacro %}

{% macro json_values(document, path) -%}
    {{ return(adapter.dispatch('json_values')(document, path)) }}
{%- endmacro %}

{% macro default__json_values(document, path) -%}
    map_values(try_cast(json_extract({{ document }}, '{{ path }}') as map(varchar, varchar)))
{%- endmacro %}

{# The first number behind a number sign: how notices name a ticket in every language. #}
{% macro numbered_reference(text) -%}
    nullif(regexp_extract({{ text }}, '#(\d+)', 1), '')
{%- endmacro %}

{# Minutes since midnight as HH:MM; a whole day ends at 24:00. #}
{% macro clock_time(minutes) -%}
    lpad(cast({{ minutes }} // 60 as varchar), 2, '0')
    || ':' || lpad(cast({{ minutes }} % 60 as varchar), 2, '0')
{%- endmacro %}

{# Zones that Ruby on Rails, and so the tools built on it, call by a name of their own. #}
{% macro iana_time_zone(name) -%}
    {%- set zones = {
        'International Date Line West': 'Etc/GMT+12', 'Midway Island': 'Pacific/Midway',
        'American Samoa': 'Pacific/Pago_Pago', 'Hawaii': 'Pacific/Honolulu',
        'Alaska': 'America/Juneau', 'Pacific Time (US & Canada)': 'America/Los_Angeles',
        'Tijuana': 'America/Tijuana', 'Mountain Time (US & Canada)': 'America/Denver',
        'Arizona': 'America/Phoenix', 'Chihuahua': 'America/Chihuahua',
        'Mazatlan': 'America/Mazatlan', 'Central Time (US & Canada)': 'America/Chicago',
        'Saskatchewan': 'America/Regina', 'Guadalajara': 'America/Mexico_City',
        'Mexico City': 'America/Mexico_City', 'Monterrey': 'America/Monterrey',
        'Central America': 'America/Guatemala',
        'Eastern Time (US & Canada)': 'America/New_York',
        'Indiana (East)': 'America/Indiana/Indianapolis', 'Bogota': 'America/Bogota',
        'Lima': 'America/Lima', 'Quito': 'America/Lima',
        'Atlantic Time (Canada)': 'America/Halifax', 'Caracas': 'America/Caracas',
        'La Paz': 'America/La_Paz', 'Santiago': 'America/Santiago',
        'Newfoundland': 'America/St_Johns', 'Brasilia': 'America/Sao_Paulo',
        'Buenos Aires': 'America/Argentina/Buenos_Aires', 'Montevideo': 'America/Montevideo',
        'Georgetown': 'America/Guyana', 'Puerto Rico': 'America/Puerto_Rico',
        'Greenland': 'America/Godthab', 'Mid-Atlantic': 'Atlantic/South_Georgia',
        'Azores': 'Atlantic/Azores', 'Cape Verde Is.': 'Atlantic/Cape_Verde',
        'Dublin': 'Europe/Dublin', 'Edinburgh': 'Europe/London', 'Lisbon': 'Europe/Lisbon',
        'London': 'Europe/London', 'Casablanca': 'Africa/Casablanca',
        'Monrovia': 'Africa/Monrovia', 'Belgrade': 'Europe/Belgrade',
        'Bratislava': 'Europe/Bratislava', 'Budapest': 'Europe/Budapest',
        'Ljubljana': 'Europe/Ljubljana', 'Prague': 'Europe/Prague',
        'Sarajevo': 'Europe/Sarajevo', 'Skopje': 'Europe/Skopje', 'Warsaw': 'Europe/Warsaw',
        'Zagreb': 'Europe/Zagreb', 'Brussels': 'Europe/Brussels',
        'Copenhagen': 'Europe/Copenhagen', 'Madrid': 'Europe/Madrid', 'Paris': 'Europe/Paris',
        'Amsterdam': 'Europe/Amsterdam', 'Berlin': 'Europe/Berlin', 'Bern': 'Europe/Zurich',
        'Zurich': 'Europe/Zurich', 'Rome': 'Europe/Rome', 'Stockholm': 'Europe/Stockholm',
        'Vienna': 'Europe/Vienna', 'West Central Africa': 'Africa/Algiers',
        'Bucharest': 'Europe/Bucharest', 'Cairo': 'Africa/Cairo', 'Helsinki': 'Europe/Helsinki',
        'Kyiv': 'Europe/Kiev', 'Riga': 'Europe/Riga', 'Sofia': 'Europe/Sofia',
        'Tallinn': 'Europe/Tallinn', 'Vilnius': 'Europe/Vilnius', 'Athens': 'Europe/Athens',
        'Istanbul': 'Europe/Istanbul', 'Minsk': 'Europe/Minsk', 'Jerusalem': 'Asia/Jerusalem',
        'Harare': 'Africa/Harare', 'Pretoria': 'Africa/Johannesburg',
        'Kaliningrad': 'Europe/Kaliningrad', 'Moscow': 'Europe/Moscow',
        'St. Petersburg': 'Europe/Moscow', 'Volgograd': 'Europe/Volgograd',
        'Samara': 'Europe/Samara', 'Kuwait': 'Asia/Kuwait', 'Riyadh': 'Asia/Riyadh',
        'Nairobi': 'Africa/Nairobi', 'Baghdad': 'Asia/Baghdad', 'Tehran': 'Asia/Tehran',
        'Abu Dhabi': 'Asia/Muscat', 'Muscat': 'Asia/Muscat', 'Baku': 'Asia/Baku',
        'Tbilisi': 'Asia/Tbilisi', 'Yerevan': 'Asia/Yerevan', 'Kabul': 'Asia/Kabul',
        'Ekaterinburg': 'Asia/Yekaterinburg', 'Islamabad': 'Asia/Karachi',
        'Karachi': 'Asia/Karachi', 'Tashkent': 'Asia/Tashkent', 'Chennai': 'Asia/Kolkata',
        'Kolkata': 'Asia/Kolkata', 'Mumbai': 'Asia/Kolkata', 'New Delhi': 'Asia/Kolkata',
        'Kathmandu': 'Asia/Kathmandu', 'Astana': 'Asia/Almaty', 'Dhaka': 'Asia/Dhaka',
        'Sri Jayawardenepura': 'Asia/Colombo', 'Almaty': 'Asia/Almaty',
        'Novosibirsk': 'Asia/Novosibirsk', 'Rangoon': 'Asia/Rangoon', 'Bangkok': 'Asia/Bangkok',
        'Hanoi': 'Asia/Bangkok', 'Jakarta': 'Asia/Jakarta', 'Krasnoyarsk': 'Asia/Krasnoyarsk',
        'Beijing': 'Asia/Shanghai', 'Chongqing': 'Asia/Chongqing', 'Hong Kong': 'Asia/Hong_Kong',
        'Urumqi': 'Asia/Urumqi', 'Kuala Lumpur': 'Asia/Kuala_Lumpur',
        'Singapore': 'Asia/Singapore', 'Taipei': 'Asia/Taipei', 'Perth': 'Australia/Perth',
        'Irkutsk': 'Asia/Irkutsk', 'Ulaanbaatar': 'Asia/Ulaanbaatar', 'Seoul': 'Asia/Seoul',
        'Osaka': 'Asia/Tokyo', 'Sapporo': 'Asia/Tokyo', 'Tokyo': 'Asia/Tokyo',
        'Yakutsk': 'Asia/Yakutsk', 'Darwin': 'Australia/Darwin',
        'Adelaide': 'Australia/Adelaide', 'Canberra': 'Australia/Canberra',
        'Melbourne': 'Australia/Melbourne', 'Sydney': 'Australia/Sydney',
        'Brisbane': 'Australia/Brisbane', 'Hobart': 'Australia/Hobart',
        'Vladivostok': 'Asia/Vladivostok', 'Guam': 'Pacific/Guam',
        'Port Moresby': 'Pacific/Port_Moresby', 'Magadan': 'Asia/Magadan',
        'Srednekolymsk': 'Asia/Srednekolymsk', 'Solomon Is.': 'Pacific/Guadalcanal',
        'New Caledonia': 'Pacific/Noumea', 'Fiji': 'Pacific/Fiji',
        'Kamchatka': 'Asia/Kamchatka', 'Marshall Is.': 'Pacific/Majuro',
        'Auckland': 'Pacific/Auckland', 'Wellington': 'Pacific/Auckland',
        "Nuku'alofa": 'Pacific/Tongatapu', 'Tokelau Is.': 'Pacific/Fakaofo',
        'Chatham Is.': 'Pacific/Chatham', 'Samoa': 'Pacific/Apia', 'UTC': 'Etc/UTC',
    } -%}
    case {{ name }}
        {%- for rails, iana in zones.items() %}
        when '{{ rails | replace("'", "''") }}' then '{{ iana }}'
        {%- endfor %}
        -- A name of the IANA database is one already.
        else {{ name }}
    end
{%- endmacro %}

{# One row per day from the first to the last, both included. #}
{% macro each_day(first_date, last_date) -%}
    {{ return(adapter.dispatch('each_day')(first_date, last_date)) }}
{%- endmacro %}

{% macro default__each_day(first_date, last_date) -%}
    cast(
        unnest(generate_series({{ first_date }}, {{ last_date }}, interval 1 day)) as date
    )
{%- endmacro %}

{# Whether the engine knows the zone's daylight saving. #}
{% macro is_time_zone(name) -%}
    {{ return(adapter.dispatch('is_time_zone')(name)) }}
{%- endmacro %}

{% macro default__is_time_zone(name) -%}
    {{ name }} in (select zones.name from pg_timezone_names() as zones)
{%- endmacro %}

{#
Who works in Zendesk. An agent who leaves becomes an end user before they are deleted: that a ticket
was theirs still tells.
#}
{% macro zendesk_agents() -%}
    select user_id from {{ ref('stg_zendesk__users') }}
    where role in ('agent', 'admin')

    union

    select assignee_id as user_id from {{ ref('stg_zendesk__tickets') }}
    where assignee_id is not null
{%- endmacro %}

{# Statuses of a ticket in the order in which they are passed. #}
{% macro ticket_status_order(status) -%}
    case {{ status }}
        when 'new' then 1
        when 'open' then 2
        when 'solved' then 3
        when 'closed' then 4
        when 'deleted' then 5
    end
{%- endmacro %}
