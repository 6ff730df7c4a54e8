"""The samples in Python, Node and Java, run against a real broker."""
