"""SQL of the app, one function per statement."""
