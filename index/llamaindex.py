"""Re-export of `index.integrations.llama_index` under the import path of the first edition."""

from index.integrations.llama_index import *  # noqa: F403
