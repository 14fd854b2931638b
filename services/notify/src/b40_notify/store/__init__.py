"""SQL: one function per statement, the connection first."""
