"""AWS on this machine: ministack (with real containers behind it, or none), moto, and microburst for faults."""
