"""The command line `isnad eval`."""
