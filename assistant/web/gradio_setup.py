"""Set up Gradio, which reads its settings from the environment.

The settings are of this process: no statistics are sent, nothing is looked for on a hub. They must be in the
environment before Gradio is imported for the first time, which is why this is the only module that imports it.
"""

from __future__ import annotations

import os
from pathlib import Path

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"

import gradio as gr

__all__ = ["gr", "use_upload_folder"]


def use_upload_folder(folder: Path) -> None:
    """Have Gradio put what visitors send into this folder."""
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
