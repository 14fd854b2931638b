"""Benchmarks: our pipeline beside its peers, on the same broker, database and machine in one run."""
