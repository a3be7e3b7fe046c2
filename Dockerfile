# One image for web, workers and migrations; what it does is decided by the command. Versions are exact, so that two builds
# of one checkout are alike: raise them with the others (see docs/operations.md, Upgrade).

FROM python:3.12.12-slim-bookworm AS front-end
WORKDIR /build
# Node from the same pinned package that a developer's machine uses.
COPY requirements/node.txt requirements/
RUN pip install --quiet --no-cache-dir --require-hashes -r requirements/node.txt
COPY static/package.json static/package-lock.json static/.npmrc static/
RUN cd static && npm ci --ignore-scripts --no-audit --no-fund
COPY static static
RUN cd static && node build.mjs

FROM python:3.12.12-slim-bookworm AS packages
# "base observe s3" for all that is optional too; each is a lock file of its own, and they agree.
ARG REQUIREMENTS=base
COPY requirements/*.txt /requirements/
# "dump" brings pg_dump and pg_restore of PostgreSQL 18, as in docker-compose.yml: Debian's own are older.
RUN python -m venv /venv && for name in $REQUIREMENTS dump; do \
    /venv/bin/pip install --quiet --no-cache-dir --require-hashes -r "/requirements/$name.txt" || exit 1; done

FROM python:3.12.12-slim-bookworm
ENV PATH="/venv/bin:$PATH" PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DCAI_DATA_DIR=/data DCAI_STATIC_ROOT=/app/staticfiles DCAI_LOG_FORMAT=json
RUN useradd --system --uid 10001 --home-dir /nonexistent dcai && install -d -o dcai -g dcai /data
COPY --from=packages /venv /venv
WORKDIR /app
COPY manage.py ./
COPY dcai_web dcai_web
COPY labeling labeling
COPY quality quality
COPY templates templates
COPY static/icons static/icons
COPY --from=front-end /build/static/dist static/dist
RUN DCAI_SECRET_KEY=only-while-building DCAI_DATA_DIR=/tmp/building DATABASE_URL= REDIS_URL= python manage.py collectstatic --noinput --verbosity 0
USER dcai
VOLUME /data
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "4", \
     "--respawn-failed-workers", "--no-ws", "--log-level", "warning", "dcai_web.wsgi:application"]
