"""Calls to a model's server.

The openai client lives here and is imported with the first request.

    Provider.stream   messages → pieces of text as they come, then the Reply
    Provider.chat     messages → the Reply
    embed             texts → vectors, batch by batch
    CancelScope       lets another thread cancel whatever of these is waited for, at once

A call makes at most three requests, has one deadline for the first token over all of them, and never retries once
text has come. Every failure is an error below ProviderError, with the keys masked.
"""

from index.model_api.cancellation import CancelScope
from index.model_api.client import Provider, Reply, ToolCall, Wait
from index.model_api.embedding_requests import Embedded, embed
from index.model_api.error_mapping import ContextTooLong, masked

__all__ = ["CancelScope", "ContextTooLong", "Embedded", "Provider", "Reply", "ToolCall", "Wait", "embed", "masked"]
