# The server, for a city that has Docker; docs/operating.md tells how to do without.
ARG BASE=python:3.13-slim-bookworm
FROM ${BASE} AS build
WORKDIR /src
COPY pyproject.toml README.md constraints.txt LICENSE ./
COPY protocol protocol
COPY client client
COPY server server
RUN python -m venv /opt/canting \
    && /opt/canting/bin/pip install --no-cache-dir -c constraints.txt '.[server]'

FROM ${BASE}
RUN useradd --system --uid 10001 --home-dir /var/lib/canting --create-home canting
COPY --from=build /opt/canting /opt/canting
USER 10001
ENV PATH=/opt/canting/bin:$PATH \
    CANTING_HOME=/var/lib/canting \
    CANTING_HOST=0.0.0.0 \
    CANTING_PORT=8470
VOLUME /var/lib/canting
EXPOSE 8470
HEALTHCHECK --interval=30s --timeout=6s --start-period=20s \
    CMD ["canting-server", "health", "--ready"]
ENTRYPOINT ["canting-server"]
CMD ["serve"]
