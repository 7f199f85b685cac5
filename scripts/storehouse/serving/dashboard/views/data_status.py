"""Data status: how fresh the data are, whether they tie out, and which findings are open."""

from __future__ import annotations

import streamlit as st

from storehouse.serving.dashboard import queries
from storehouse.serving.dashboard.frame import View, listing, missing, show


def data_status(view: View) -> None:
    _figures(view)
    _sources(view)
    _loads(view)
    _builds(view)
    _tie_outs(view)
    _findings(view)


def _figures(view: View) -> None:
    row = view.one("""
        select test_count, failed_count,
            (select count(*) from reports.rpt_findings where is_open) as findings,
            (select count(*) from reports.rpt_reconciliation) as checks,
            (select count(*) from reports.rpt_reconciliation
             where must_tie and exception_count > 0) as broken,
            (select sum(row_count)::bigint from meta.watermarks) as row_count
        from meta.builds
    """)
    with st.container(horizontal=True):
        st.metric(
            "Tests of this build",
            f"{row['test_count']:,}",
            border=True,
            help="Tests that ran with this build. A build with a failed test is not published.",
        )
        st.metric(
            "Tie-outs that must hold",
            "All hold" if not row["broken"] else f"{row['broken']} do not",
            border=True,
            help=queries.descriptions(view.build, "reports.rpt_reconciliation")["must_tie"],
        )
        st.metric(
            "Open findings",
            f"{row['findings']:,}",
            border=True,
            help=queries.descriptions(view.build, "reports.rpt_findings")["is_open"],
        )
        st.metric(
            "Rows landed",
            f"{row['row_count'] or 0:,}",
            border=True,
            help="Rows of all files and pages that this build was made from.",
        )


def _sources(view: View) -> None:
    st.subheader("Sources")
    listing(
        view,
        view.table("""
        select status.relation_name as source_table, status.newest_date, status.newest_loaded_at,
            status.row_count, status.rejected_row_count
        from reports.rpt_data_status as status
        where status.relation_type = 'source' order by 1
    """),
        "sources",
        relation="reports.rpt_data_status",
    )


def _loads(view: View) -> None:
    st.subheader("Last loads")
    relation = "reports.rpt_loads"
    listing(
        view,
        view.table(f"""
        select ended_at, source_name, table_name, status, landed_file_count, row_count,
            refused_file_count, first_refused_file, first_refusal_reason, rejected_row_count
        from {relation} order by ended_at desc, 2, 3 limit 200
    """),
        "loads",
        relation=relation,
        labels={"ended_at": "Ended"},
    )


def _builds(view: View) -> None:
    st.subheader("Builds")
    relation = "reports.rpt_builds"
    listing(
        view,
        view.table(f"""
        select build_id, 'this one' as status, test_count, failed_count, null as failed_names,
            started_at, ended_at
        from meta.builds
        union all
        select build_id, status, test_count, failed_count, failed_names, started_at, ended_at
        from {relation} order by build_id desc limit 100
    """),
        "builds",
        relation=relation,
    )


def _tie_outs(view: View) -> None:
    st.subheader("Tie-outs")
    listing(
        view,
        view.table("""
        select check_name, source_name, description, exception_count, compared_count,
            expected_amount, found_amount, difference_amount, must_tie
        from reports.rpt_reconciliation
        order by must_tie and exception_count > 0 desc, exception_count desc, 2, 1
    """),
        "tie_outs",
        relation="reports.rpt_reconciliation",
    )


def _findings(view: View) -> None:
    st.subheader("Open findings")
    found = view.table("""
        select rule_name, source_name, document_type, document_id, description, expected, found,
            remedy, reporting_amount, first_seen_at
        from reports.rpt_findings where is_open
        order by abs(reporting_amount) desc nulls last, rule_name, document_id limit 500
    """)
    if found.num_rows:
        listing(view, found, "open_findings", relation="reports.rpt_findings")
    else:
        missing("open findings", "No document of a source is odd.")


if __name__ == "__main__":
    show("Data status", data_status, of_business=False)
