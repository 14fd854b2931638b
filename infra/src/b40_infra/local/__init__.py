"""The platform on this machine: real Kafka, real PostgreSQL, a catcher of mail, and the apps as child processes."""
