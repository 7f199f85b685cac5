"""Write the assets: python scripts/superset_assets [--check] [--json].

dbt parses the project first, so what is written is what the models and metrics now say.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from storehouse.building.build import dbt_environment
from storehouse.core.config import Settings, load_settings
from storehouse.core.errors import StorehouseError
from superset_assets.files import changed_files, generated, write


def main() -> int:
    description = __doc__ or ""
    parser = argparse.ArgumentParser(prog="superset_assets", description=description.split(":")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if any is outdated")
    parser.add_argument("--json", action="store_true", help="write one JSON document")
    arguments = parser.parse_args()
    try:
        settings = load_settings()
        _parse(settings)
        files = generated(settings)
        changed = changed_files(settings, files)
        if not arguments.check:
            write(settings, files)
    except StorehouseError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    if arguments.json:
        text = json.dumps({"files": len(files), "changed": changed})
    else:
        done = "are outdated" if arguments.check else "were written"
        text = f"{len(files)} assets of Superset, of which {len(changed)} {done}."
        text = "\n  ".join([text, *changed])
    sys.stdout.write(f"{text}\n")
    return int(arguments.check and bool(changed))


def _parse(settings: Settings) -> None:
    """Have dbt write its manifests."""
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", "parse"]
    ended = subprocess.run(
        command,
        cwd=settings.project_dir,
        env=dbt_environment(settings),
        stdout=sys.stderr,
        check=False,
    )
    if ended.returncode:
        raise SystemExit("dbt can't read the project: see above. Repair it and run again.")


if __name__ == "__main__":
    sys.exit(main())
