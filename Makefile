# On a fresh machine `make demo` and `make test` are all you need: python3, venv and make.
PYTHON ?= python3
BIN := .venv/bin

help: ## show the targets
	@grep -E '^[a-z0-9 -]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 10

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	-$(BIN)/python -m compileall -qq -j 0 .venv/lib; touch $@

env: .venv/ready ## create the environment from the lock file
demo: .venv/ready ## a sample shop: load, build with tests, publish, the last week's report
	$(BIN)/storehouse sample && $(BIN)/storehouse run && $(BIN)/storehouse report daily_totals --days 7
	@echo "Next: '. .venv/bin/activate', 'storehouse status', 'storehouse run' again, 'make docs'; see README.md. The dashboard: 'make dashboard'."
demo-live: .venv/ready ## two minutes of a living shop: receiver, live and dashboard; then an account of events, latency, alerts, and the proof that batch and stream agree
	$(BIN)/python scripts/demo_live.py
test: .venv/ready ## lint, types, SQL style, Python tests, dbt build on fixtures
	$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check .
	@$(MAKE) --no-print-directory -j2 types sql-style
	$(BIN)/pytest
types: .venv/ready
	$(BIN)/mypy
sql-style: .venv/ready
	$(BIN)/sqlfluff lint --disable-progress-bar models tests
prove: .venv/ready ## the long proofs: equivalence on 20 shops, truth on ten of 50,000 orders in five currencies, live on 12, killed processes, readers of 500 builds, 300,000 fuzzer inputs
	$(BIN)/storehouse prove equivalence --seeds 1..20 && $(BIN)/storehouse prove live --seeds 1..12 && $(BIN)/storehouse prove processes && $(BIN)/storehouse prove readers && $(BIN)/python tests/python/fuzz && $(BIN)/pytest -m long --timeout 0 && \
	for shop in GBP:Europe/London EUR:Europe/Berlin USD:America/New_York JPY:Asia/Tokyo KWD:Asia/Kuwait; do $(BIN)/storehouse prove truth --seeds 1,2 --currency $${shop%:*} --time-zone $${shop#*:} || exit; done
servers: .venv/ready ## PostgreSQL and Medusa on loopback with a generated shop; prints the addresses (PostgreSQL, Node 20)
	$(BIN)/python scripts/servers/medusa.py start var/medusa-shop --orders 40
test-servers test-clients test-superset: .venv/ready ## what needs more installed: a Medusa of its own; DuckDB's clients 1.4, 1.5 and 2.0; Superset and Chromium
	STOREHOUSE_TEST_SERVERS=1 STOREHOUSE_TEST_CLIENTS=1 STOREHOUSE_TEST_SUPERSET=1 $(BIN)/pytest -n0 --timeout 0 tests/python/$(@:test-%=%)
bench: .venv/ready ## speed and memory at 12 thousand, 1 and 10 million order lines, as ratios
	$(BIN)/python scripts/bench.py && $(BIN)/python scripts/bench_rest.py && $(BIN)/python scripts/bench_database.py && $(BIN)/python scripts/bench_serving.py && $(BIN)/python scripts/bench_mirror.py && $(BIN)/python scripts/bench_receive.py && $(BIN)/python scripts/bench_live.py
dashboard: .venv/ready ## the published numbers as pages in the browser, on loopback
	$(BIN)/storehouse dashboard
superset: .venv/ready ## Superset with the shop's dashboard, in an environment of its own, on loopback
	$(BIN)/python scripts/superset_assets && $(BIN)/python scripts/superset_server
pictures: .venv/ready ## pictures of the dashboard's pages for README (Chromium)
	$(BIN)/python scripts/pictures.py
docs: .venv/ready ## the documentation with the lineage of columns: var/docs/index.html
	$(BIN)/python scripts/docs_site.py
lock: ## resolve pyproject.toml and bi/superset/requirements.in into lock files again (needs uv)
	uv pip compile pyproject.toml --extra alerts --extra api --extra dev --extra docs --extra kafka --extra live --extra nats --extra serving --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --custom-compile-command 'make lock' -o requirements.lock && uv pip compile bi/superset/requirements.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --custom-compile-command 'make lock' -o bi/superset/requirements.lock
.PHONY: help env demo demo-live test types sql-style prove servers test-servers test-clients bench dashboard superset test-superset pictures docs lock
