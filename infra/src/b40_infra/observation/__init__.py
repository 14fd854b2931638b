"""How the platform is watched, as code: what Prometheus asks, what it alarms of, and what Grafana shows."""
