# The gateway in a slim image, not root. `.ci/dockerfile-proof` runs these steps
# in a plain Debian tree, where no image can be pulled.
#
#   docker build -t einwahl .
#   docker run --network host --ulimit nice=30 -v ./einwahl.yaml:/etc/einwahl/einwahl.yaml:ro -v einwahl:/var/lib/einwahl einwahl
#
# Host networking, because calls need thousands of UDP ports.

FROM golang:1.26-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev libopus-dev libspeexdsp-dev pkg-config && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=
RUN go build -trimpath -buildvcs=false -ldflags "-s -w -X main.release=$VERSION" -o /einwahl ./gateway

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends libopus0 libspeexdsp1 ca-certificates && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /var/lib/einwahl --create-home einwahl
COPY --from=build /einwahl /usr/local/bin/einwahl
WORKDIR /var/lib/einwahl
RUN einwahl config > /dev/null && einwahl check
USER einwahl
VOLUME /var/lib/einwahl
EXPOSE 5060/udp 5060/tcp 5061/tcp 8080/tcp 20000-29999/udp 30000/udp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=5s CMD ["einwahl", "health", "--config", "/etc/einwahl/einwahl.yaml"]
ENTRYPOINT ["einwahl"]
CMD ["run", "--config", "/etc/einwahl/einwahl.yaml"]
