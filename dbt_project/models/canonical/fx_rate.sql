with

file_rates as (

    select * from {{ ref('stg_files__fx_rates') }}
    where not is_deleted

),

dated_rates as (

    select * from {{ ref('stg_salesforce__conversion_rates') }}
    where not is_deleted and units_per_corporate_unit > 0

),

currencies as (

    select * from {{ ref('stg_salesforce__currencies') }}
    where not is_deleted and units_per_corporate_unit > 0

),

-- Without dated rates Salesforce reckons every day at the rate of today.
rates_of_every_day as (

    select
        currencies.currency_id as conversion_rate_id,
        currencies.currency,
        currencies.units_per_corporate_unit,
        date '1970-01-01' as rate_date,
        currencies._extracted_at
    from currencies
    left join dated_rates
        on currencies.currency = dated_rates.currency
    where dated_rates.currency is null

),

units as (

    select
        conversion_rate_id,
        currency,
        units_per_corporate_unit,
        rate_date,
        _extracted_at
    from dated_rates

    union all

    select * from rates_of_every_day

),

spans as (

    select
        *,
        lead(rate_date) over (partition by currency order by rate_date, conversion_rate_id)
            as next_rate_date
    from units

),

-- Any two currencies meet in the corporate one: how many units of each are worth the same.
crossed as (

    select
        sold.currency as from_currency,
        bought.currency as to_currency,
        greatest(sold.rate_date, bought.rate_date) as rate_date,
        {{ exchange_rate('bought.units_per_corporate_unit', 'sold.units_per_corporate_unit') }}
            as rate,
        sold.conversion_rate_id || '/' || bought.conversion_rate_id as source_record_id,
        greatest(sold._extracted_at, bought._extracted_at) as _extracted_at
    from spans as sold
    inner join spans as bought
        on
            sold.currency != bought.currency
            and sold.rate_date < coalesce(bought.next_rate_date, 'infinity')
            and bought.rate_date < coalesce(sold.next_rate_date, 'infinity')

),

told as (

    select
        rate_type,
        from_currency,
        to_currency,
        rate_date,
        rate,
        'files' as source,
        fx_rate_id as source_record_id,
        _extracted_at
    from file_rates

    union all

    select
        'spot' as rate_type,
        from_currency,
        to_currency,
        rate_date,
        rate,
        'salesforce' as source,
        source_record_id,
        _extracted_at
    from crossed

),

ranked as (

    select
        *,
        row_number() over (
            partition by rate_type, from_currency, to_currency, rate_date
            order by {{ fact_precedence('fx_rate', 'source') }}, source_record_id
        ) as precedence
    from told
    where from_currency != to_currency

),

final as (

    select
        rate_type,
        from_currency,
        to_currency,
        rate_date,
        cast(rate as decimal(18, 8)) as rate,
        {{ entity_id(
            'fxr', "concat_ws(':', rate_type, from_currency, to_currency, rate_date)"
        ) }} as fx_rate_id,
        source,
        source_record_id,
        _extracted_at
    from ranked
    where precedence = 1

)

select * from final
