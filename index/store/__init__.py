"""The store on disk: the SQLite ledger, and checks of its integrity."""
