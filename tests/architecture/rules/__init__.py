"""The rules of the architecture, each a function over a tree that returns what breaks it, a sentence each."""
