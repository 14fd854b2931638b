"""What the commands tell a person when they cannot go on: one clear line, no traceback."""


class Trouble(Exception):
    """Something that a person can understand and act on. Its text is one line that names what and what to do."""
