{% macro row_settings(node) %}
    {%- set upstream = upstream_nodes(node.unique_id) -%}
    {%- set settings = {} -%}
    {%- for id in upstream if id.startswith('seed.') -%}
        {%- do settings.update(
            {'seeds.' ~ graph.nodes[id].name: graph.nodes[id].checksum.checksum}
        ) -%}
    {%- endfor -%}
    {%- if node.resource_type == 'seed' -%}
        {%- do return(settings) -%}
    {%- endif -%}

    {%- set in_staging = node.fqn[1] == 'staging' -%}
    {%- set held = [node.fqn[2]] if in_staging else active_sources() -%}
    {%- for source_name, shop in var('shops').items() if source_name in held -%}
        {%- set parts = {'history': 'unset', 'opened_on': 'unset'} -%}
        {%- do parts.update(shop) -%}
        {%- for part, value in parts.items()
            if not in_staging or part in ['time_zone', 'currency_code'] -%}
            {%- do settings.update({
                'shops.' ~ source_name ~ '.' ~ part:
                    value | sort | join(', ') if part == 'entities' else value
            }) -%}
        {%- endfor -%}
    {%- endfor -%}

    {%- if not in_staging -%}
        {%- set with_rates = [] -%}
        {%- for source_name, shop in var('shops').items()
            if 'exchange_rates' in shop.entities -%}
            {%- do with_rates.append(source_name) -%}
        {%- endfor -%}
        {%- do settings.update({
            'shops.*.exchange_rates': with_rates | join(', '),
            'reporting_currency_code': var('reporting_currency_code'),
            'max_exchange_rate_age_days': var('max_exchange_rate_age_days'),
        }) -%}
    {%- endif -%}
    {%- if 'model.storehouse.fct_web_events' in upstream -%}
        {%- do settings.update({
            'session_timeout_minutes': var('session_timeout_minutes'),
            'bot_user_agents': var('bot_user_agents') | join(', '),
            'bot_min_events': var('bot_min_events'),
        }) -%}
    {%- endif -%}
    {%- if 'model.storehouse.agg_product_pairs' in upstream -%}
        {%- do settings.update({
            'affinity_max_basket_products': var('affinity_max_basket_products'),
        }) -%}
    {%- endif -%}
    {%- do return(settings) -%}
{% endmacro %}
