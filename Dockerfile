# irpoint with everything that detection needs, without PyTorch. It serves on port 8323:
#
#   docker build -t irpoint .
#   docker run --rm -p 127.0.0.1:8323:8323 -e IRPOINT_TOKEN="$(openssl rand -hex 24)" irpoint
#
# Any other command works as well:
#
#   docker run --rm -v "$PWD:/data" --user "$(id -u):$(id -g)" irpoint detect frames --out found
ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/irpoint
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/irpoint/bin/pip install '.[openvino,video,tiff,camera,mqtt,live,serve]'

FROM python:${PYTHON}-slim
LABEL org.opencontainers.image.title="irpoint" \
      org.opencontainers.image.description="Point-like targets in infrared frames" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --uid 10001 --create-home irpoint \
    && install --directory --owner irpoint --group irpoint /data
COPY --from=build /opt/irpoint /opt/irpoint
ENV PATH=/opt/irpoint/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /data
EXPOSE 8323
# Of the service; other commands have none.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8323/health', timeout=5)"]
ENTRYPOINT ["irpoint"]
CMD ["serve", "--host", "0.0.0.0"]
