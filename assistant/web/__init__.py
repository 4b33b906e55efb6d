"""The chat page and what stands behind it: conversations, budgets, logins, the published endpoints. Loaded only by `isnad chat`."""
