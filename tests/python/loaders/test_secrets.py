from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from loaders.project import Project
from storehouse.building.build import dbt_environment

LANDING = {
    "kind": "rest",
    "url_variable": "S_URL",
    "auth": {"kind": "oauth2", "client_secret_variable": "S_SECRET"},
}


def test_what_sources_the_mirror_and_the_log_have_as_secrets_is_not_in_the_environment_of_dbt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path)
    project.declare("s", orders={"columns": ["id"], "pattern": "*", "format": "csv"})
    file = tmp_path / "models" / "staging" / "s" / "_s__sources.yml"
    declared = yaml.safe_load(file.read_text())
    signature = {"style": "stripe", "secret_variable": "S_SIGNED"}
    landing = {**LANDING, "events": {"payload": "rows", "signature": signature}}
    declared["sources"][0]["config"] = {"meta": {"landing": landing}}
    file.write_text(yaml.safe_dump(declared))
    kafka = ("STOREHOUSE_KAFKA_USER", "STOREHOUSE_KAFKA_PASSWORD")
    own = ("STOREHOUSE_MIRROR_URL", "STOREHOUSE_EVENT_LOG", *kafka)
    for name in ("S_URL", "S_SECRET", "S_SIGNED", *own, "S_OTHER"):
        monkeypatch.setenv(name, "canary")
    environ = dbt_environment(project.settings())
    assert {name for name, value in environ.items() if value == "canary"} == {"S_OTHER"}
