"""Re-export `assistant.integrations.llama_index` under its old import path."""

from assistant.integrations.llama_index import *  # noqa: F403
