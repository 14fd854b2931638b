"""What notify does with what it hears: one module per subject heard."""
