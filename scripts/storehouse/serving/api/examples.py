"""Examples of responses for OpenAPI; a test compares their form with real responses."""

from __future__ import annotations

from typing import Any

_OLDER, _BUILD = "20251230T030000.000000Z", "20251231T030000.000000Z"
_DAY, _LOADED = "2025-12-29", "2025-12-31T02:45:00Z"
_NET_SALES = {
    "name": "net_sales",
    "label": "Net sales",
    "description": "Gross sales less discounts and returns.",
    "unit": "money",
    "dimensions": ["day", "month", "channel", "category"],
    "sums_book": True,
}
_SALES_DATE = {
    "name": "sales_date",
    "data_type": "DATE",
    "description": "The business day, in the shop's time zone.",
}
_VALUE = {
    "name": "net_sales",
    "data_type": "DECIMAL(38,4)",
    "description": "Gross sales less discounts and returns.",
    "unit": "money",
}
_CHANGE = {
    "metric": "net_sales",
    "source_name": "shop",
    "day": _DAY,
    "cause": "document_late",
    "document_type": "order",
    "document_id": "O004711",
    "loaded_at": _LOADED,
    "older": "0.0000",
    "newer": "49.9000",
    "difference": "49.9000",
}
_NOW = {
    "lane": "trade",
    "build_id": _BUILD,
    "log_offset": 120450,
    "as_of": "2025-12-31T09:30:00.250000Z",
    "events_per_second": "98.4",
    "lag_seconds": "0.212",
    "quarantined_count": 0,
}

REPORTS: dict[str, Any] = {
    "build_id": _BUILD,
    "reports": [
        {
            "name": "daily_totals",
            "description": "Sales of the shop by day. **One row per day.**",
            "day": "sales_date",
            "columns": [_SALES_DATE],
        }
    ],
}
METRICS: dict[str, Any] = {"build_id": _BUILD, "currency_code": "GBP", "metrics": [_NET_SALES]}
ROWS: dict[str, Any] = {
    "build_id": _BUILD,
    "currency_code": "GBP",
    "now": _NOW,
    "columns": [{**_SALES_DATE, "name": "day"}, _VALUE],
    "rows": [{"day": "2025-12-30", "net_sales": "29616.4365"}],
    "next_page": "WyIyMDI1MTIzMVQwMzAwMDAuMDAwMDAwWiIsIC4uLl0=",
}
CSV_ROWS = '"day","net_sales"\n2025-12-30,29616.4365\n'
EXPLANATION: dict[str, Any] = {
    "build_id": _BUILD,
    "currency_code": "GBP",
    "metric": _NET_SALES,
    "value": "49.9000",
    "entry_count": 1,
    "document_count": 1,
    "by_type": [{"entry_type": "sale", "entries": 1, "value": "49.9000"}],
    "documents": [
        {
            "source_name": "shop",
            "document_type": "order",
            "document_id": "O004711",
            "entry_date": _DAY,
            "entries": 1,
            "value": "49.9000",
        }
    ],
}
DOCUMENTS: dict[str, Any] = {
    "build_id": _BUILD,
    "documents": [
        {
            "source_name": "shop",
            "document_type": "order",
            "document_id": "O004711",
            "row_counts": {"entries": 1, "order": 1, "lines": 1, "rates": 0, "payments": 0},
            "entries": [{"entry_date": _DAY, "entry_type": "sale", "amount": "49.9000"}],
            "order": [{"order_id": "O004711", "order_status": "paid"}],
            "lines": [{"line_number": 1, "product_id": "P0007", "quantity": "1.0000"}],
            "rates": [],
            "payments": [],
        }
    ],
}
SUMMARY: dict[str, Any] = {
    "older_build_id": _OLDER,
    "newer_build_id": _BUILD,
    "currency_code": "GBP",
    "code_changed": False,
    "settings_changed": [],
    "figure_count": 1,
    "change_count": 1,
    "dimension_change_count": 0,
    "causes": [
        {"metric": "net_sales", "cause": "document_late", "documents": 1, "difference": "49.9000"}
    ],
    "cause_meanings": {"document_late": "document arrived late"},
    "definitions": {"net_sales": _NET_SALES["description"]},
    "loads": [
        {
            "source_name": "shop",
            "loaded_at": _LOADED,
            "batch_id": "20251231T024500.000000Z",
            "documents": 1,
            "tables": "orders, order_lines",
        }
    ],
    "new_days": [
        {
            "metric": "net_sales",
            "source_name": "shop",
            "first_day": "2025-12-30",
            "last_day": "2025-12-30",
            "value": "29616.4365",
        }
    ],
    "largest_changes": [_CHANGE],
}
DATA_STATUS: dict[str, Any] = {
    "build_id": _BUILD,
    "published_at": "2025-12-31T03:10:00Z",
    "sources": ["shop"],
    "loaded_until": _LOADED,
    "test_count": 1000,
    "kept_builds": [_OLDER, _BUILD],
    "now": [_NOW],
    "relations": [{"relation_name": "rpt_daily_sales"}],
}
HEALTH: dict[str, Any] = {"status": "ok", "build_id": _BUILD}
