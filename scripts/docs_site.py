"""The documentation site, as `make docs` writes it: dbt's pages, and the lineage of columns.

Two pages in one folder, `docs` below STOREHOUSE_HOME. They need no server, and load nothing from
elsewhere: a policy in each has the browser refuse it. Columns are those of the built warehouse.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from dbt_colibri.lineage_extractor.extractor import DbtColumnLineageExtractor
from dbt_colibri.report.generator import DbtColibriReportGenerator

from storehouse.building.build import dbt_environment
from storehouse.core.config import Settings, load_settings

_POLICY = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:\">"
)
# Addresses that dbt's page asks for before it has filled them in, and for an icon of its own.
_UNFILLED = {
    'xlink:href="{{ getIcon': 'ng-attr-xlink:href="{{ getIcon',
    "${require('./assets/favicons/favicon.ico')}": "data:,",
}


def main() -> None:
    settings = load_settings()
    if not settings.warehouse.exists():
        raise SystemExit(f"{settings.warehouse} is not there. Build it first: storehouse run.")
    folder = settings.home / "docs"
    folder.mkdir(exist_ok=True)
    _describe(settings)
    page = (settings.target_dir / "static_index.html").read_text("utf-8")
    for unfilled, filled in _UNFILLED.items():
        page = page.replace(unfilled, filled)
    for name, text in {"lineage": _lineage(settings.target_dir), "index": page}.items():
        (folder / f"{name}.html").write_text(_guarded(text), "utf-8")
    print(f"The documentation is {folder / 'index.html'}.")


def _describe(settings: Settings) -> None:
    """Have dbt write its page, its manifest and the catalog of what is built."""
    command = [str(Path(sys.executable).with_name("dbt")), "docs", "generate", "--static"]
    subprocess.run(command, cwd=settings.project_dir, env=dbt_environment(settings), check=True)


def _lineage(target: Path) -> str:
    """The page that follows each column through the models."""
    catalog, manifest = target / "catalog.json", target / "manifest.json"
    columns = DbtColumnLineageExtractor(str(manifest), str(catalog))
    report = DbtColibriReportGenerator(columns, light_mode=True, disable_telemetry=True)
    with tempfile.TemporaryDirectory() as folder:
        report.generate_report(output_dir=folder)
        return (Path(folder) / "index.html").read_text("utf-8")


def _guarded(page: str) -> str:
    """The page, told to load nothing from elsewhere."""
    before, head, after = page.partition("<head>")
    if not head:
        raise SystemExit(
            "The page has no <head> to put its policy in: this version of dbt writes it "
            "differently."
        )
    return f"{before}{head}{_POLICY}{after}"


if __name__ == "__main__":
    main()
