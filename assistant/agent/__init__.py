"""The second look: a model that calls tools over the store, within bounds."""
