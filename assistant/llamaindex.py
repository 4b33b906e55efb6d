"""Re-export of `assistant.integrations.llama_index` under the import path of the first edition."""

from assistant.integrations.llama_index import *  # noqa: F403
