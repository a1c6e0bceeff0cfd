"""A Docker Engine, spoken to: what the Docker backend stands on, and every other one that has images built.

It knows no backend. `endpoint`: where the engine is; `client` and `transport`: requests to it; `building`, `images` and
`following`: images that are built, looked for and pushed, and what the engine tells meanwhile.
"""
