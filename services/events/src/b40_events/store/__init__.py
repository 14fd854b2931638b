"""SQL of events, one function per statement."""
