"""Own widgets, one folder each: Python, script and style side by side."""
