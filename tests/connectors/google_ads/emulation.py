"""Google Ads as the generic tests see it."""

from __future__ import annotations

from tests.emulation import Broken, Emulation

EMULATION = Emulation(
    kinds={name: name for name in ("customers", "campaigns", "campaign_stats")},
    broken=Broken("campaign_stats", "*/googleAds:search", "metrics.clicks"),
    disabling=("REVOPS_GOOGLE_ADS__REFRESH_TOKEN", "adwords"),
    no_limits={"per_day": 1_000_000},
    small_pages={
        "sandbox.vendors.google_ads.api.MAX_PAGE": 600,
        "connectors.google_ads.queries.SPAN": 150,
    },
    deletable=("campaigns",),
    unstamped=("customers", "campaigns", "campaign_stats"),
    ways=("campaigns",),
    secrets=lambda vendor: vendor.issued_tokens(),
)
