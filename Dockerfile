# The image is built with the scripts that a developer uses; nothing is
# downloaded when it runs.
#   docker build -t traind .                        CPU
#   docker build -t traind:cuda --build-arg CUDA=1 .

FROM debian:bookworm-slim AS build
ARG CUDA=0
WORKDIR /src
# Alone first: this layer stays cached until the pins change.
COPY scripts/ scripts/
RUN if [ "$CUDA" = 1 ]; then scripts/setup --cuda; else scripts/setup; fi
COPY . .
RUN scripts/build release \
    && cmake --install build/release --prefix /opt/traind --strip \
    && mkdir -p /opt/traind/lib/libtorch/torch /opt/traind/share/traind/datasets \
    && cp -a .deps/libtorch/torch/lib /opt/traind/lib/libtorch/torch/ \
    && cp -a .deps/libtorch/nvidia .deps/libtorch/*.dist-info /opt/traind/lib/libtorch/ \
    && find /opt/traind/lib/libtorch/nvidia -name include -prune -exec rm -r {} + \
    && find /opt/traind/lib/libtorch -name '*.a' -delete \
    && cp -a .deps/datasets/. /opt/traind/share/traind/datasets/

FROM debian:bookworm-slim
COPY scripts/runtime-packages.txt /tmp/
RUN apt-get update \
    && sed -e 's/#.*//' /tmp/runtime-packages.txt | xargs apt-get install -y --no-install-recommends \
    && rm -rf /var/lib/apt/lists/* /tmp/runtime-packages.txt \
    && useradd --system --uid 10001 --home-dir /var/lib/traind --create-home traind
COPY --from=build /opt/traind /opt/traind
RUN echo /opt/traind/lib/libtorch/torch/lib >/etc/ld.so.conf.d/traind.conf && ldconfig

ENV PATH=/opt/traind/bin:$PATH \
    TRAIND_DATA_DIR=/var/lib/traind \
    TRAIND_DATASETS_DIR=/opt/traind/share/traind/datasets \
    TRAIND_METRICS_LISTEN=0.0.0.0:9464 \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER traind
VOLUME /var/lib/traind
EXPOSE 50051 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["trainctl", "--server", "127.0.0.1:50051", "--timeout", "4s", "version"]
# Plaintext: publish the port on loopback only (-p 127.0.0.1:50051:50051), or
# replace --insecure with --tls-cert and --tls-key and give the check --tls-ca
# by TRAINCTL_TLS_CA.
ENTRYPOINT ["traind"]
CMD ["--listen", "0.0.0.0:50051", "--insecure"]
