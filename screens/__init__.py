"""What is seen: the Textual screens, one file each with its style sheet beside it, and their widgets.

Nothing here imports a provider's library or the engine: screens know the model, the worker's messages and the client
that carries them (`tuienv.worker.client`).
"""
