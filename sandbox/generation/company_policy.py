"""What the invented company means where definitions compete: the policy beside its truth."""

from datetime import datetime

_CHOICES = """\
reporting_currency: USD
business_timezone: Asia/Tokyo
fiscal_year_start_month: 1
window: {{months: 12}}
as_of: {as_of}
mrr:
  statuses_counted: [active, past_due]
  exclude_usage_types: [metered]
  discounts_reducing_contract_mrr: [forever]
  discounts_reducing_billed_mrr: [forever, finite]
  month_end_inclusive_of_expiring: true
retention: {{fx: plan}}
gross_margin: 0.80
ltv_max_months: 60
revenue: {{statuses_counted: [paid, open]}}
cac: {{departments: [marketing, sales]}}
channel_cost_types: [media, program, tools]
marketing_channels:
  [paid_search, paid_social, trade_show, webinar, email, organic_search, display]
stages:
  {{Discovery: 1, Qualification: 2, Proposal: 3, Negotiation: 4, Closed Won: 5, Closed Lost: 0}}
win_rate_excludes_types: [renewal]
quota_excludes_types: [renewal]
pipeline_excludes_forecast: [Omitted, Closed]
stall_days: 30
lead_response_sla_business_minutes: 480
mql_to_sal_sla_business_minutes: 1080
csat_positive_min: 4
nps_window_days: 180
engaged_session: {{seconds: 10, page_views: 2, key_events: 1}}
attribution:
  types: [new_business, expansion, winback]
  lookback_days_before_opp_creation: 180
  exclude_touch_types: [unsubscribed]
  marketing_only: true
  scope: account
  after_previous_won: true
  time_decay_half_life_days: 30
  data_driven_minimum_paths: 30
  models:
    u_shaped: {{FT: 0.40, LC: 0.40, middle: 0.20}}
    u_shaped_50_50: {{FT: 0.50, LC: 0.50, middle: 0}}
    w_shaped_between: {{FT: 0.30, LC: 0.30, OC: 0.30, middle: 0.10, middle_until: OC}}
    w_shaped: {{FT: 0.30, LC: 0.30, OC: 0.30, middle: 0.10}}
    full_path: {{FT: 0.225, LC: 0.225, OC: 0.225, CW: 0.225, middle: 0.10}}
    position_based: {{FT: 0.40, CW: 0.40, middle: 0.20}}
"""


def policy_text(as_of: datetime) -> str:
    """The choices of `dbt_project/policy.yml`, seen from where the data ends."""
    return _CHOICES.format(as_of=as_of.isoformat().replace("+00:00", "Z"))
