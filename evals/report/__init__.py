"""Reports of a run: text, HTML, CI output and notebook."""
