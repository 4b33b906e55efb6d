"""Re-export `index.integrations.llama_index` under its earlier import path."""

from index.integrations.llama_index import *  # noqa: F403
