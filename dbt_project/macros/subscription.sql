{# Columns of a relation, to be listed among others. #}
{% macro columns_of(relation, columns) -%}
    {%- for column in columns %}{{ relation }}.{{ column }}{{ ', ' if not loop.last }}{% endfor -%}
{%- endmacro %}

{# The same columns of the row before in a window. #}
{% macro previous(columns, window) -%}
    {%- for column in columns %}lag({{ column }}) over {{ window }} as previous_{{ column }}{{ ', ' if not loop.last }}{% endfor -%}
{%- endmacro %}

{# Whether a row says the same as the row before. #}
{% macro is_as_before(columns) -%}
    {%- for column in columns %}{{ column }} is not distinct from previous_{{ column }}{{ ' and ' if not loop.last }}{% endfor -%}
{%- endmacro %}

{# The share of a price that a discount leaves; null where it cannot be told what an amount is of. #}
{% macro share_kept(percent_off, amount_off, amount) -%}
    case
            when {{ percent_off }} is not null then 1 - cast({{ percent_off }} as double) / 100
            when {{ amount }} > 0
                then 1 - least(cast({{ amount_off }} as double) / cast({{ amount }} as double), 1)
        end
{%- endmacro %}

{# What several discounts take off together, one after the other, in percent. #}
{% macro discount_pct(share_kept) -%}
    {{ return(adapter.dispatch('discount_pct')(share_kept)) }}
{%- endmacro %}

{% macro default__discount_pct(share_kept) -%}
    case
            when bool_and({{ share_kept }} is not null)
                then cast(round(100 * (1 - product({{ share_kept }})), 10) as decimal(18, 10))
        end
{%- endmacro %}

{# Everything that made a version other than the one before, in our words, joined by semicolons. #}
{% macro change_reason(version) -%}
    case
            when {{ version }}.previous_status is null and {{ version }}.status = 'trialing' then 'trial'
            when {{ version }}.previous_status is null then 'start'
            when {{ version }}.previous_valid_to < {{ version }}.valid_from then 'restart'
            else concat_ws(
                ';',
                case
                    when {{ version }}.previous_status = {{ version }}.status then null
                    when {{ version }}.status = 'past_due' then 'payment_failed'
                    when {{ version }}.status = 'unpaid' then 'dunning_final'
                    when {{ version }}.previous_status = 'trialing' then 'trial_converted'
                    when {{ version }}.status = 'active' then 'payment_recovered'
                    else {{ version }}.status
                end,
                case
                    when {{ version }}.previous_currency != {{ version }}.currency then 'currency_switch'
                    when
                        {{ version }}.previous_billing_interval != {{ version }}.billing_interval
                        or {{ version }}.previous_interval_count != {{ version }}.interval_count
                        then 'interval_change'
                    when
                        {{ version }}.previous_unit_amount * {{ version }}.previous_quantity
                        < {{ version }}.unit_amount * {{ version }}.quantity
                        then 'upgrade'
                    when
                        {{ version }}.previous_unit_amount * {{ version }}.previous_quantity
                        > {{ version }}.unit_amount * {{ version }}.quantity
                        then 'downgrade'
                    when {{ version }}.previous_price_id != {{ version }}.price_id then 'price_change'
                end,
                case
                    when
                        {{ version }}.previous_discount_kind = {{ version }}.discount_kind
                        and {{ version }}.previous_discount_pct
                        is not distinct from {{ version }}.discount_pct
                        then null
                    when {{ version }}.previous_discount_kind = 'none' then 'discount_started'
                    when {{ version }}.discount_kind = 'none' then 'discount_ended'
                    else 'discount_change'
                end
            )
        end
{%- endmacro %}
