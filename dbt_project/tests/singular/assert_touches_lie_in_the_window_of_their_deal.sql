-- Within the lookback, not after the close, and after the account's previous win.
select touches.deal_touch
from {{ ref('attribution_touches') }} as touches
left join {{ ref('attribution_deals') }} as deals
    on touches.opportunity_id = deals.opportunity_id
where
    deals.opportunity_id is null
    or touches.occurred_at < deals.touches_from_at
    or touches.occurred_at > deals.touches_until_at
    or touches.occurred_at <= deals.touches_after_at
