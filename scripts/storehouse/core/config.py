"""One frozen settings object, from dbt_project.yml and the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from storehouse.core.errors import ConfigError

# The variable with the URL of the database that `storehouse mirror` writes to; a secret.
MIRROR_URL = "STOREHOUSE_MIRROR_URL"


@dataclass(frozen=True)
class Settings:
    """Where things are and which sources are on. Paths are absolute."""

    project_dir: Path
    home: Path
    inbox: Path
    sources: tuple[str, ...]
    shops: Mapping[str, Mapping[str, Any]]
    technical_columns: Mapping[str, str]
    memory_limit: str
    max_loss_share: float
    vars: Mapping[str, Any] = field(default_factory=dict)  # instead of dbt_project.yml's
    alerts: Path | None = None  # instead of the project's alerts.yml

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse.duckdb"

    @property
    def published_dir(self) -> Path:
        return self.home / "published"

    @property
    def current(self) -> Path:
        return self.published_dir / "current.duckdb"

    @property
    def api_keys(self) -> Path:
        return self.home / "api_keys.json"

    @property
    def alerts_file(self) -> Path:
        return self.alerts or self.project_dir / "alerts.yml"

    @property
    def alerts_dir(self) -> Path:
        return self.home / "alerts"

    @property
    def fetched_dir(self) -> Path:
        return self.home / "fetched"

    @property
    def rejected_dir(self) -> Path:
        return self.home / "rejected"

    @property
    def logs_dir(self) -> Path:
        return self.home / "logs"

    @property
    def target_dir(self) -> Path:
        return self.home / "target"


def find_project(start: Path) -> Path:
    """The nearest folder, from `start` upwards, that has a dbt_project.yml.

    Falls back to the checkout that this package was installed from.
    """
    for folder in (start, *start.parents):
        if (folder / "dbt_project.yml").is_file():
            return folder
    checkout = Path(__file__).resolve().parents[3]
    if (checkout / "dbt_project.yml").is_file():
        return checkout
    raise ConfigError(
        f"No dbt_project.yml in {start} or any folder above it. "
        "Run storehouse from inside the project."
    )


def load_settings(environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> Settings:
    """Read the settings.

    STOREHOUSE_HOME (default `var`), STOREHOUSE_INBOX (default `inbox` below it) and
    STOREHOUSE_SOURCES (default `shop`, comma-separated) are the same for Python and dbt,
    as is STOREHOUSE_MEMORY_LIMIT (default 80%), which DuckDB reads. STOREHOUSE_ALERTS names
    another file than the project's alerts.yml.
    A relative path counts from the project's folder, as it does for dbt.

    Raises ConfigError for a project file that can't be read, or an unknown source or entity.
    """
    environ = os.environ if environ is None else environ
    project_dir = find_project((cwd or Path.cwd()).resolve())
    variables = project_variables(project_dir / "dbt_project.yml")
    home = (project_dir / (environ.get("STOREHOUSE_HOME") or "var")).resolve()
    inbox = environ.get("STOREHOUSE_INBOX")
    alerts = environ.get("STOREHOUSE_ALERTS")
    sources = tuple((environ.get("STOREHOUSE_SOURCES") or "shop").split(","))
    if len(set(sources)) < len(sources):
        raise ConfigError(f"STOREHOUSE_SOURCES names a source twice: {','.join(sources)}.")
    known = variables.get("shops", {})
    for source in sources:
        if source not in known:
            raise ConfigError(
                f"STOREHOUSE_SOURCES names {source!r}, which is not declared. Declared under "
                f"vars.shops in dbt_project.yml: {', '.join(sorted(known))}. "
                "Separate names by commas, without spaces."
            )
    _refuse_unknown_entities(known, project_dir / "models")
    return Settings(
        project_dir=project_dir,
        home=home,
        inbox=(project_dir / inbox).resolve() if inbox else home / "inbox",
        sources=sources,
        shops=known,
        technical_columns=variables["technical_columns"],
        memory_limit=environ.get("STOREHOUSE_MEMORY_LIMIT") or "80%",
        max_loss_share=_share(variables, "max_loss_share"),
        alerts=(project_dir / alerts).resolve() if alerts else None,
    )


def shop_in(settings: Settings, currency: str, time_zone: str) -> Settings:
    """The same settings, with source `shop` in this currency and time zone."""
    shops = settings.shops
    shop = {**shops["shop"], "currency_code": currency, "time_zone": time_zone}
    overrides = {"reporting_currency_code": currency, "shops": {**shops, "shop": shop}}
    return replace(settings, vars={**settings.vars, **overrides})


def _refuse_unknown_entities(shops: Mapping[str, Any], models_dir: Path) -> None:
    """The entities are those with a model int_<entity>_united; check_shops.sql checks the same.

    A project that only lands has none.
    """
    united = [file.stem for file in models_dir.rglob("int_*_united.sql")]
    entities = sorted(name.removeprefix("int_").removesuffix("_united") for name in united)
    for source, shop in shops.items():
        for entity in (shop or {}).get("entities", ()):
            if entity not in entities:
                raise ConfigError(
                    f"vars.shops.{source}.entities in dbt_project.yml names {entity!r}, "
                    f"which is not an entity. Entities: {', '.join(entities)}."
                )


def _share(variables: Mapping[str, Any], name: str) -> float:
    value = variables.get(name, 0.2)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ConfigError(
            f"vars.{name} in dbt_project.yml is {value!r}. It must be a share: a number from 0 to "
            "1."
        )
    return float(value)


def project_variables(path: Path) -> dict[str, Any]:
    """The vars of a dbt_project.yml. Raises ConfigError if it can't be read."""
    try:
        project = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} can't be read: {error}. Repair it and run again.") from error
    return dict(project["vars"])
