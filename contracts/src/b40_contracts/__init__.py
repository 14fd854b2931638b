"""Facts that the platform speaks of: events, the topics they travel on, and how they look on the wire."""
