"""The file that the tests begin with: every key once, nothing wrong."""

GOOD = """\
environment: shop-staging
backend: docker
profile: {docker: local, aws: acme-dev}
protected: true
layers:
  edge:
    kind: load-balancer
    engine: haproxy
    version: "2.6"
    routes: {web: 8000, api: {port: 9000, path: /api}}
    ports: [8080, "0.0.0.0:8443"]
  web:
    kind: app
    image: registry.example.com/shop:1.4.2
    command: python -m "shop floor"
    port: 8000
    replicas: 3
    size: small
    health: {path: /healthz, interval: 2s, grace: 1m30s}
    environment:
      DATABASE_URL: ${layers.db.url}
      CACHE_URL: "redis: ${layers.cache.host}:${layers.cache.port}"
      SESSION_KEY: ${secret:session-key}
      DEBUG: yes
      RATIO: 1.10
      PLAIN: $${HOME}
      EMPTY: ""
  api:
    kind: app
    build: ./api
    command: [serve, -p, 9000]
    port: 9000
    size: {cpu: 0.5, memory: 512MiB}
    health: {command: [check]}
    options: {docker: {shm_size: 64}}
  cache: {kind: cache, engine: redis, version: 7, storage: 1GiB}
  db:
    kind: database
    backend: aws
    engine: postgres
    version: "16"
    size: db.t4g.small
    storage: 10GiB
    options:
      aws: {multi_az: true}
"""
