"""The command b40: run, watch and repair the platform."""
