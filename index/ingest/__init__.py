"""From a folder of articles to an up-to-date store."""
