"""Five years of Pay It Forward, replayed through the three apps of solidarity."""
