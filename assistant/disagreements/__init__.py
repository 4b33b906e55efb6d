"""Find where sources differ on one event."""
