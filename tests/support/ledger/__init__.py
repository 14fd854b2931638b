"""A ledger: the app that tests of faults and benchmarks run; its arithmetic shows what was lost or doubled."""
