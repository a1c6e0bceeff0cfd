"""Speed, measured: tuienv beside its neighbours and beside bare floors, as ratios taken in one run."""
