"""What the registry does about what it hears, by subject."""
