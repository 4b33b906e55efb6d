"""The command line `isnad`."""
