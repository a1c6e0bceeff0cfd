"""The providers: one package each, all made to the contract in `tuienv.backends.base`."""
