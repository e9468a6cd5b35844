# One static binary that runs as nobody in particular.
#
#   docker build -t opsbook .
#   docker run --rm --network host -v opsbook:/data opsbook
#   docker run --rm -v "$PWD/runbooks:/runbooks:ro" opsbook list --runbooks /runbooks
#
# The portal listens on loopback only, because nobody has to sign in: with --network host that is the loopback of
# the machine, http://127.0.0.1:8080. A published port (-p) does not reach it, unless a proxy that signs people in
# stands before it:
#
#   docker run --rm -p 127.0.0.1:8080:8080 -v opsbook:/data opsbook serve --addr 0.0.0.0:8080 \
#     --behind-proxy 172.17.0.1/32 --user-header X-Remote-User --url https://opsbook.example.com

FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/opsbook ./cmd/server \
 && mkdir -p /out/data

# Of the base the program uses the CA certificates, the user (65532) and /tmp; the time zones are in the binary.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/opsbook /usr/local/bin/opsbook
COPY --from=build --chown=65532:65532 /out/data /data
# The database, its key and the files of runs. Keep it: everything that was ever run is in it.
ENV OPSBOOK_DATA=/data
VOLUME /data
WORKDIR /data
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/opsbook"]
CMD ["serve"]
