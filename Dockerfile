# The image of every process of ours: bootstrap, worker, loader, deliverer, preferences page. Which one it
# is, the command says.
# It was not built where it was written, for want of a Docker engine; each step was run by hand in an
# empty environment, and tests/deploy holds what can be held without one.
#
# The tag is exact. A digest is not given because none could be looked up truthfully; add one with
# `docker buildx imagetools inspect python:3.11.15-slim-bookworm`.

FROM python:3.11.15-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore

WORKDIR /build
RUN python -m venv /app/venv

# Wheels only, each with its hash: nothing is compiled and nothing else can slip in.
COPY requirements.lock ./
RUN /app/venv/bin/python -m pip install --require-hashes --only-binary :all: -r requirements.lock

COPY pyproject.toml README.md ./
COPY schemas ./schemas
COPY streams ./streams
COPY sinks ./sinks
RUN /app/venv/bin/python -m pip install --no-deps --no-build-isolation .

# The engine of `momentous demo` and `momentous clickhouse-embedded` is four fifths of the size and has
# no place beside a ClickHouse server; the tools that installed all this have none either.
RUN /app/venv/bin/python -m pip uninstall --yes chdb chdb-core pandas pyarrow \
    && /app/venv/bin/python -m pip uninstall --yes setuptools pip \
    && /app/venv/bin/momentous --version


FROM python:3.11.15-slim-bookworm

ENV PATH=/app/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MOMENTOUS_DATA_DIR=/var/lib/momentous \
    HEALTH_PORT=6066

RUN groupadd --system --gid 10001 momentous \
    && useradd --system --uid 10001 --gid momentous --home-dir /var/lib/momentous --shell /usr/sbin/nologin momentous \
    && install --directory --owner=momentous --group=momentous --mode=0700 /var/lib/momentous

COPY --from=build /app/venv /app/venv

USER 10001:10001
WORKDIR /var/lib/momentous

# The worker's port; a loader sets HEALTH_PORT=6067, a deliverer 6070. The preferences page (6068) answers on
# /health alone and needs a check of its own, as docker-compose.yml has it. A command that ends has none.
# 6069 is a worker's live state.
EXPOSE 6066 6067 6068 6069 6070
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import os; from urllib.request import urlopen; urlopen(f\"http://127.0.0.1:{os.environ['HEALTH_PORT']}/health/ready\", timeout=4)"]

STOPSIGNAL SIGTERM
ENTRYPOINT ["momentous"]
CMD ["--help"]
