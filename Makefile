# `make demo` and `make test` need nothing but make and Python 3.11 or newer with pip.
# Each makes its own virtual environment: the demo's is what `pip install irpoint` gives, without
# PyTorch. Another interpreter: make demo PYTHON=python3.12

PYTHON ?= python3
VENV ?= .venv
DEMO_VENV ?= .venv-demo
DEMO_OUT ?= demo-out
DOCS_VENV ?= .venv-docs

PIP = -m pip --disable-pip-version-check --quiet install
PACKAGE = pyproject.toml README.md LICENSE $(shell find src/irpoint -type f -not -name '*.pyc')

.PHONY: help demo test lint docs tutorial picture clean
.DELETE_ON_ERROR:

help:
	@echo 'make demo   find the targets in samples/images and draw them into $(DEMO_OUT)'
	@echo 'make test   run all tests (installs PyTorch into $(VENV))'
	@echo 'make lint   check style and types'
	@echo 'make docs   build the documentation site into build/site'
	@echo 'make tutorial  execute docs/tutorial.md: simulate, click, train, detect, report'
	@echo 'make picture   draw docs/demo.png, the picture of the README, again'
	@echo 'make clean  remove $(DEMO_OUT), build/ and $(DEMO_VENV)'

demo: $(DEMO_VENV)/.installed
	$(DEMO_VENV)/bin/irpoint detect samples/images --out $(DEMO_OUT) --overlay
	@echo 'All points:  $(DEMO_OUT)/points.csv'
	@echo 'Pictures:    $(DEMO_OUT)/overlays'

# A crashed worker ends the tests: with loadgroup, one that replaces it can wait for ever (pytest-xdist
# issue 1323).
test: $(VENV)/.installed
	$(VENV)/bin/python -m pytest -n auto --dist loadgroup --max-worker-restart 0 --durations 10

lint: $(VENV)/.installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

docs: $(DOCS_VENV)/.docs-installed
	NO_MKDOCS_2_WARNING=1 $(DOCS_VENV)/bin/mkdocs build --quiet
	@echo 'Open build/site/index.html. For the search, serve it: $(PYTHON) -m http.server -d build/site'

tutorial: $(VENV)/.installed
	$(VENV)/bin/python docs/run_page.py docs/tutorial.md

picture: $(DEMO_VENV)/.installed
	rm -rf build/picture
	$(DEMO_VENV)/bin/irpoint simulate --out build/picture/clouds --frames 1 --scene clouds --size 640x512 \
		--targets 6 --snr 15-50 --psf-sigma 0.8-1.4 --bits 14 --seed 3
	$(DEMO_VENV)/bin/irpoint detect build/picture/clouds/images --out build/picture/found --overlay
	cp build/picture/found/overlays/frame_00000.png docs/demo.png

clean:
	rm -rf $(DEMO_OUT) $(DEMO_VENV) build

# A copy of the package, so it is installed again where a file of it has changed.
$(DEMO_VENV)/.installed: $(PACKAGE)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'irpoint needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.11'; exit 1; }
	@echo 'Installing irpoint into $(DEMO_VENV); the first time takes a minute.'
	@$(PYTHON) -m venv $(DEMO_VENV)
	@$(DEMO_VENV)/bin/python $(PIP) .
	@touch $@

# The checkout itself, so only new requirements install again. PyTorch first, and by its version:
# otherwise pip may take another one.
$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'irpoint needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.11'; exit 1; }
	@echo 'Installing PyTorch, irpoint and its tools into $(VENV); this takes some minutes.'
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python $(PIP) torch==2.13.0
	@$(VENV)/bin/python $(PIP) --editable '.[all,dev]'
	@# An independent judge of the metrics; it states numpy<2 but runs with any.
	@$(VENV)/bin/python $(PIP) --no-deps pyirstdmetrics==1.0.2
	@touch $@

# The generator of the site reads the docstrings without importing the package: no PyTorch here.
$(DOCS_VENV)/.docs-installed: pyproject.toml
	@test -d $(DOCS_VENV) || $(PYTHON) -m venv $(DOCS_VENV)
	@$(DOCS_VENV)/bin/python $(PIP) --editable '.[docs]'
	@touch $@
