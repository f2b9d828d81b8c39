# The portal's image: web, worker and beat differ in their command only (docker-compose.yml).
# Not run where it was written; docs/operations.md says what is known to work.
FROM python:3.11-slim-bookworm

# libharfbuzz-subset0: without it a certificate takes 12 s instead of 0.3 s.
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk fonts-hanazono \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /srv/swms --shell /usr/sbin/nologin swms \
    && install -d -o swms -g swms -m 0750 /srv/swms-var

WORKDIR /srv/swms
COPY requirements.lock .
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY . .
RUN python -m compileall -q swms registration education services certificates

ENV PYTHONUNBUFFERED=1 SWMS_VAR_DIR=/srv/swms-var
USER swms
EXPOSE 8000
CMD ["gunicorn", "swms.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "8", "--max-requests", "20000", "--max-requests-jitter", "2000"]
