"""The peers: other ways to take transfers from Kafka, book them once and announce them."""
