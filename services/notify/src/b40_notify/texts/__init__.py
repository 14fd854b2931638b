"""What people read, as pure functions of what happened and of who reads it."""
