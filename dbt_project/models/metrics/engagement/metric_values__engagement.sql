with

web_traffic as (

    select * from {{ ref('web_traffic') }}
    where is_window

),

campaign_results as (

    select * from {{ ref('campaign_results') }}

),

target_account_coverage as (

    select * from {{ ref('target_account_coverage') }}

),

data_completeness as (

    select * from {{ ref('data_completeness') }}

),

{% set as_of = {'as_of': 'as_of_date'} %}

final as (

    {{ metrics([
        metric('website_sessions', 'web_traffic', 'sessions', 'count', ['period']),
        metric('engaged_sessions', 'web_traffic', 'engaged_sessions', 'count', ['period']),
        metric('engagement_rate', 'web_traffic', 'engagement_rate', 'ratio', ['period']),
        metric('web_session_person_link_rate', 'web_traffic', 'person_link_rate', 'ratio', ['period']),
        metric('web_session_account_link_rate', 'web_traffic', 'account_link_rate', 'ratio',
            ['period']),
        metric('ctr', 'campaign_results', 'ctr', 'ratio', ['campaign_id']),
        metric('open_rate', 'campaign_results', 'open_rate', 'ratio', ['campaign_id']),
        metric('click_to_delivered_rate', 'campaign_results', 'click_to_delivered_rate', 'ratio',
            ['campaign_id']),
        metric('click_to_open_rate', 'campaign_results', 'click_to_open_rate', 'ratio',
            ['campaign_id']),
        metric('delivery_rate', 'campaign_results', 'delivery_rate', 'ratio', ['campaign_id']),
        metric('conversion_rate_per_click', 'campaign_results', 'conversion_rate_per_click', 'ratio',
            ['campaign_id']),
        metric('abm_target_accounts', 'target_account_coverage', 'target_accounts', 'count', as_of),
        metric('abm_engaged_90d_rate', 'target_account_coverage', 'engaged_rate', 'ratio', as_of),
        metric('abm_open_pipeline_rate', 'target_account_coverage', 'open_pipeline_rate', 'ratio',
            as_of),
        metric('abm_customer_rate', 'target_account_coverage', 'customer_rate', 'ratio', as_of),
        metric('dq_opps_without_contact_role', 'data_completeness', 'incomplete', 'count', as_of,
            "subject = 'opportunity_contact_role'"),
        metric('dq_open_opp_amount_completeness', 'data_completeness', 'completeness', 'ratio', as_of,
            "subject = 'open_opportunity_amount'"),
        metric('dq_open_opp_next_step_completeness', 'data_completeness', 'completeness', 'ratio',
            as_of, "subject = 'open_opportunity_next_step'"),
        metric('dq_person_account_link_rate', 'data_completeness', 'completeness', 'ratio', as_of,
            "subject = 'person_account'"),
        metric('crm_adoption_active_users_14d', 'data_completeness', 'completeness', 'ratio', as_of,
            "subject = 'crm_login_14d'"),
        metric('mql_information_completeness', 'data_completeness', 'completeness', 'ratio', as_of,
            "subject = 'mql_information'")
    ]) }}

)

select * from final
