"""Serve the chat page.

Conversations, budgets, logins and the published endpoints; loaded only by `isnad chat`.
"""
