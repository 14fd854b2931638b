"""What is done outside the transactions that hear."""
