"""The registry's SQL: one function per statement, by subject."""
