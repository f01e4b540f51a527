{# What an item of a subscription bills, alike in all API versions; the oldest have only a plan. #}
{% macro stripe_item_columns(item) -%}
    {%- set currency = "coalesce(" ~ json_text(item, '$.price.currency') ~ ", "
        ~ json_text(item, '$.plan.currency') ~ ")" -%}
    coalesce(
            {{ json_text(item, '$.price.id') }},
            {{ json_text(item, '$.plan.id') }}
        ) as price_id,
        coalesce(
            {{ json_text(item, '$.price.product') }},
            {{ json_text(item, '$.plan.product') }}
        ) as product_id,
        upper({{ currency }}) as currency,
        coalesce(
            {{ json_text(item, '$.price.recurring.interval') }},
            {{ json_text(item, '$.plan.interval') }}
        ) as billing_interval,
        coalesce(
            {{ json_text(item, '$.price.recurring.usage_type') }},
            {{ json_text(item, '$.plan.usage_type') }}
        ) as usage_type,
        coalesce(
            {{ as_integer(json_text(item, '$.price.recurring.interval_count')) }},
            {{ as_integer(json_text(item, '$.plan.interval_count')) }}
        ) as interval_count,
        coalesce(
            {{ from_minor_units(json_text(item, '$.price.unit_amount_decimal'), currency, 12) }},
            {{ from_minor_units(json_text(item, '$.price.unit_amount'), currency, 12) }},
            {{ from_minor_units(json_text(item, '$.plan.amount_decimal'), currency, 12) }}
        ) as unit_amount,
        {{ as_integer(json_text(item, '$.quantity')) }} as quantity
{%- endmacro %}

{# The terms of the first discount of a subscription, in any API version. #}
{% macro stripe_first_discount_columns(subscription) -%}
    {%- set places = ['$.discounts[0].source.coupon', '$.discount.coupon', '$.discounts[0].coupon'] -%}
    {%- for field, name in [('id', 'coupon_id'), ('duration', 'coupon_duration')] %}
        coalesce(
            {%- for place in places %}
            {{ json_text(subscription, place ~ '.' ~ field) }}{{ ',' if not loop.last }}
            {%- endfor %}
        ) as {{ name }},
    {%- endfor %}
        coalesce(
            {%- for place in places %}
            {{ as_decimal(json_text(subscription, place ~ '.percent_off'), 4) }}{{ ',' if not loop.last }}
            {%- endfor %}
        ) as discount_pct
{%- endmacro %}

{# One discount, with the coupon where the API version of the payload has it. #}
{% macro stripe_discount_columns(discount) -%}
    {%- set places = ['$.source.coupon', '$.coupon'] -%}
    {%- set currency = "coalesce(" ~ json_text(discount, '$.source.coupon.currency') ~ ", "
        ~ json_text(discount, '$.coupon.currency') ~ ")" -%}
    coalesce(
            {{ json_text(discount, '$.source.coupon.id') }},
            {{ json_text(discount, '$.coupon.id') }},
            -- Not shown in full, so what stands there is its id.
            {{ json_text(discount, '$.source.coupon') }}
        ) as coupon_id,
        {{ json_text(discount, '$.promotion_code') }} as promotion_code_id,
        upper({{ currency }}) as currency,
        {{ stripe_discount_kind('coalesce(' ~ json_text(discount, '$.source.coupon.duration') ~ ', '
            ~ json_text(discount, '$.coupon.duration') ~ ')') }} as discount_kind,
        coalesce(
            {%- for place in places %}
            {{ as_decimal(json_text(discount, place ~ '.percent_off'), 4) }}{{ ',' if not loop.last }}
            {%- endfor %}
        ) as discount_pct,
        coalesce(
            {%- for place in places %}
            {{ from_minor_units(json_text(discount, place ~ '.amount_off'), currency) }}{{ ',' if not loop.last }}
            {%- endfor %}
        ) as amount_off,
        {{ from_unix_seconds(json_text(discount, '$.start')) }} as starts_at,
        {{ from_unix_seconds(json_text(discount, '$.end')) }} as ends_at
{%- endmacro %}

{# What lasts as long as the subscription changes what it is worth; what ends does not. #}
{% macro stripe_discount_kind(duration) -%}
    case
        when {{ duration }} is null then 'none'
        when {{ duration }} = 'forever' then 'forever'
        else 'finite'
    end
{%- endmacro %}

{# The tax that an amount includes already: what was added on top of it is no part of it. #}
{% macro stripe_included_tax(line) -%}
    coalesce(
            list_sum(
                list_transform(
                    list_filter(
                        list_concat(
                            {{ json_list(line, '$.taxes') }}, {{ json_list(line, '$.tax_amounts') }}
                        ),
                        lambda tax: json_extract_string(tax, '$.tax_behavior') = 'inclusive'
                        or json_extract_string(tax, '$.inclusive') = 'true'
                    ),
                    lambda tax: try_cast(json_extract_string(tax, '$.amount') as bigint)
                )
            ),
            0
        )
{%- endmacro %}

{#
Every discount that the subscriptions among the rows bear themselves or on an item, with `columns` of
its row. One discount in the oldest versions of the API, a list of them in all others.
#}
{% macro stripe_subscription_discounts(rows, columns) -%}
    select
        {{ columns | join(',\n        ') }},
        null as subscription_item_id,
        unnest(
            case
                when {{ json_text('payload', '$.discounts[0].id') }} is not null
                    then {{ json_list('payload', '$.discounts') }}
                when {{ json_text('payload', '$.discount.id') }} is not null
                    then [cast({{ json_part('payload', '$.discount') }} as varchar)]
            end
        ) as discount
    from {{ rows }}

    union all

    select
        {{ columns | join(',\n        ') }},
        {{ json_text('item', '$.id') }} as subscription_item_id,
        unnest({{ json_list('item', '$.discounts') }}) as discount
    from (
        select
            *,
            unnest({{ json_list('payload', '$.items.data') }}) as item
        from {{ rows }}
    ) as items
    where {{ json_text('item', '$.discounts[0].id') }} is not null
{%- endmacro %}
