"""What is worked out outside the transaction."""
