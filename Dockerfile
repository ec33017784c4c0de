# One image for every Candlewire process; the command says which: `run features`, `serve`, ...
# Compiled, without development dependencies, as a user without rights.

FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY schemas schemas
COPY streams streams
COPY processors processors
COPY training training
COPY serving serving
COPY bin bin
# The embedded ClickHouse engine has no use beside a server, nor the runtimes of other systems: 0.8 GB.
RUN npm run build && npm prune --omit=dev && rm -rf node_modules/@chdb \
    && find node_modules/onnxruntime-node/bin -mindepth 2 -maxdepth 2 -type d ! -name linux -exec rm -rf {} +

FROM node:20.20.2-bookworm-slim
LABEL org.opencontainers.image.title=candlewire org.opencontainers.image.licenses=MIT
# libgomp1: the native training libraries.
RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
# No package-lock.json: without it the launcher takes the modules as they are.
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
COPY bin/candlewire bin/bootstrap.mjs bin/launch.mjs bin/orphans.mjs bin/test-steps.mjs bin/
COPY bin/stack/artefacts.lock.json bin/stack/
# What compiled code reads beside itself.
COPY schemas/*.avsc schemas/
COPY processors/sinks/clickhouse/migrations processors/sinks/clickhouse/migrations
COPY serving/page serving/page
COPY data/datasets.json data/
COPY processors/sentiment/distilled/head.bin processors/sentiment/distilled/
RUN mkdir /var/lib/candlewire && chown node:node /var/lib/candlewire
ENV NODE_ENV=production CANDLEWIRE_DATA_DIR=/var/lib/candlewire CANDLEWIRE_CACHE_DIR=/var/lib/candlewire/cache
# Threads come and go with models; arenas of their own would keep what is left in them.
ENV MALLOC_ARENA_MAX=2
VOLUME /var/lib/candlewire
USER node
ENTRYPOINT ["node", "bin/candlewire"]
CMD ["--help"]
