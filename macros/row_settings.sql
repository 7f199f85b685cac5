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
        {%- set prefix = 'shops.' ~ source_name ~ '.' -%}
        {%- do settings.update({
            prefix ~ 'time_zone': shop.time_zone,
            prefix ~ 'currency_code': shop.currency_code,
        }) -%}
        {%- if not in_staging -%}
            {%- do settings.update({
                prefix ~ 'history': shop.history or 'versions',
                prefix ~ 'entities': shop.entities | sort | join(', '),
            }) -%}
        {%- endif -%}
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
