"""A Superset of one's own on loopback: installed, set up, filled and served until Ctrl-C.

Its data are in `superset` below STOREHOUSE_HOME, its environment in var/superset-venv. It reads the
published file and can't write it. Assets that were changed in Superset are set back.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path

from servers.postgresql import ServerError
from storehouse.cli.listening import listen
from storehouse.core.config import Settings, load_settings
from storehouse.core.errors import StorehouseError
from superset_assets.files import kept
from superset_server.client import import_assets, signed_in
from superset_server.environment import installed
from superset_server.instance import USER, data_folder, instance

_USUAL_PORT = 8088


def main() -> int:
    parser = argparse.ArgumentParser(prog="superset_server", description=(__doc__ or "").strip())
    parser.add_argument("--port", type=int, help=f"default: {_USUAL_PORT}, or a free one")
    parser.add_argument("--json", action="store_true", help="write one JSON document")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _serve(load_settings(), arguments.port, as_json=arguments.json)
    except StorehouseError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        pass
    return 0


def _serve(settings: Settings, port: int | None, *, as_json: bool) -> None:
    folder = data_folder(settings)
    superset = instance(settings, installed(settings.project_dir, folder / "install.log"), folder)
    superset.prepare()
    with listen("127.0.0.1", port, _USUAL_PORT) as probe:
        free = probe.getsockname()[1]
    with superset.serving(free) as (address, process):
        with signed_in(address, USER, superset.password) as client:
            files = kept(settings)
            import_assets(client, files, _uri(settings.current))
        slug = next(Path(name).stem for name in files if name.startswith("dashboards/"))
        dashboard = f"{address}/superset/dashboard/{slug}/"
        _say(dashboard, superset.password, as_json=as_json)
        raise ServerError(f"Superset ended with {process.wait()}. {superset.log} says why.")


def _uri(file: Path) -> str:
    """The published file, read-only; nor may SQL read any other file."""
    return f"duckdb:///{file}?access_mode=read_only&enable_external_access=false"


def _say(dashboard: str, password: str, *, as_json: bool) -> None:
    if as_json:
        said = json.dumps({"dashboard": dashboard, "user": USER, "password": password})
    else:
        said = f"Superset is at {dashboard} (Ctrl-C ends it).\nUser: {USER}  Password: {password}"
    sys.stdout.write(f"{said}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
