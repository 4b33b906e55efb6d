"""What the commands of `isnad` do: those about the store, those about questions and claims. Imports stay inside them, so `--help` is quick."""
