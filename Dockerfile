# The image is built with the scripts that a developer uses; nothing is
# downloaded when it runs.
#   docker build -t traind .                        CPU
#   docker build -t traind:cuda --build-arg CUDA=1 .

FROM debian:bookworm-slim AS build
ARG CUDA=0
WORKDIR /src
# Alone first: this layer stays cached until the pins change.
COPY scripts/setup scripts/steps.sh scripts/fetch-mnist scripts/*.txt scripts/
RUN if [ "$CUDA" = 1 ]; then scripts/setup --cuda; else scripts/setup; fi
COPY . .
RUN scripts/build release \
    && for component in server client libtorch; do \
         cmake --install build/release --prefix /opt/traind --strip --component "$component" || exit 1; \
       done \
    && mkdir -p /opt/traind/share/traind/datasets \
    && cp -r .deps/datasets/. /opt/traind/share/traind/datasets/

FROM debian:bookworm-slim
COPY scripts/runtime-packages.txt /tmp/
RUN apt-get update \
    && sed -e 's/#.*//' /tmp/runtime-packages.txt | xargs apt-get install -y --no-install-recommends \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /tmp/runtime-packages.txt \
    && useradd --system --uid 10001 --home-dir /var/lib/traind --create-home traind
COPY --from=build /opt/traind /opt/traind

ENV PATH=/opt/traind/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    TRAIND_DATA_DIR=/var/lib/traind \
    TRAIND_DATASETS_DIR=/opt/traind/share/traind/datasets \
    TRAIND_METRICS_LISTEN=0.0.0.0:9464 \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER traind
WORKDIR /var/lib/traind
VOLUME /var/lib/traind
EXPOSE 50051 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["trainctl", "--server", "127.0.0.1:50051", "--timeout", "4s", "version"]
# Plaintext: publish the port on loopback only (-p 127.0.0.1:50051:50051), or
# replace --insecure with --tls-cert and --tls-key and give the check --tls-ca
# by TRAINCTL_TLS_CA.
ENTRYPOINT ["traind"]
CMD ["--listen", "0.0.0.0:50051", "--insecure"]
