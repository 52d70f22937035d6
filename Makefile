# Two commands do everything: `make run` and `make test`.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3,11) <= sys.version_info[:2] < (3,14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
# Compiled modules are kept: tests start some hundred processes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup run reset test gateway bench faults soak train eval lock clean

setup: .venv/.ready

.venv/.ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "格格 needs Python 3.11, 3.12 or 3.13 (PYTHON=... picks one)"; exit 2; }
	@test -d .venv || echo "First set-up: about two minutes. 第一次要装依赖，大约两分钟。"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

run: setup
	$(BIN)/gridbot run

reset: setup
	$(BIN)/gridbot reset

# What takes longest begins first, so that nobody waits for it at the end.
SLOW := tests/faults tests/web tests/soak tests/bench tests/gateways tests/replays

test: setup gateway
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 6 --dist loadfile --no-loadscope-reorder $(SLOW) tests

# The npm gateway of the tests; without npm its tests are skipped, unless REQUIRE_ALL=1 (as in CI).
gateway: tests/gateway/node_modules/.ready

tests/gateway/node_modules/.ready: tests/gateway/package-lock.json
	@if command -v npm >/dev/null; then \
		cd tests/gateway && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.ready; \
	elif [ -n "$$REQUIRE_ALL" ]; then echo "npm is missing"; exit 1; \
	else echo "npm is missing: tests of the wechaty gateway will be skipped"; fi

bench: setup gateway
	$(BIN)/python -m tests.bench

# Processes killed, gateways and databases away, in the middle of fan-outs: what the rooms got against the table.
faults: setup gateway
	$(BIN)/python -m tests.faults

# Ten minutes of 50 messages a second through the real gateway.
soak: setup gateway
	$(BIN)/python -m tests.soak

# What the reader has learned, from the project's own texts: the same file each time. Those in `kept` are not used.
train: setup
	$(BIN)/python -m handlers.understanding.training tests/understanding/examples.jsonl \
		$(sort $(wildcard tests/understanding/written/*.jsonl))

eval: setup
	$(BIN)/python -m tests.understanding.evaluate

lock:
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
		--generate-hashes --no-annotate --no-header --no-emit-index-url -o requirements.lock

clean:
	rm -rf .venv data tests/gateway/node_modules
