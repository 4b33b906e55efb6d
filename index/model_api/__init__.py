"""The model's server: the home of the openai client, which is imported with the first request and not before.

    Provider.stream   messages → pieces of text as they come, then the Reply
    Provider.chat     messages → the Reply
    embed             texts → vectors, batch by batch
    Leaving           lets another thread end whatever of these is waited for, at once

At most three requests for one call, the first token within one deadline over all of them, never a retry once text has come.
Every failure is one of the errors below ProviderError, with the keys masked.
"""

from index.model_api.cancellation import Leaving
from index.model_api.client import Provider, Reply, Wait
from index.model_api.embedding_requests import Embedded, embed
from index.model_api.error_mapping import ContextTooLong, masked

__all__ = ["ContextTooLong", "Embedded", "Leaving", "Provider", "Reply", "Wait", "embed", "masked"]
