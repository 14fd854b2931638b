"""Documents derived from the catalogue: a JSON Schema per event, AsyncAPI, and what would break their readers."""
