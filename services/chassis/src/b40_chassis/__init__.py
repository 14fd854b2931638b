"""Not a service: the frame that every service is bolted to. Kafka in, PostgreSQL, Kafka out, each event once."""
