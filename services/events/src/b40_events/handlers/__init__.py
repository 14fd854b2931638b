"""One file per subject heard."""
