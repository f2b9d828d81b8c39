# The two commands:  make run   make test
.POSIX:
.PHONY: run reset test bench lock install

# Serves the portal on 127.0.0.1:8000 with demo data until Ctrl-C; another port: make run PORT=8001
run: install
	@PORT=$(PORT) exec .venv/bin/python -m swms.run

# Deletes the checkout's data; the next `make run` begins anew
reset:
	@if [ -x .venv/bin/python ]; then exec .venv/bin/python -m swms.run reset; fi

# The linters and the whole suite; arguments for pytest: make test ARGS="-k annotation"
test:
	@scripts/setup test
	@exec scripts/check $(ARGS)

# What the portal is measured by, as ratios
bench:
	@scripts/setup test
	@exec .venv/bin/python -m bench

install:
	@scripts/setup run

# Remakes both lock files from pyproject.toml, without the name of any registry in them
lock:
	@exec scripts/lock
