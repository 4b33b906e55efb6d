"""Small things that several tests of evals need."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from evals.log.run_log import Manifest


def manifest(**changes: Any) -> Manifest:
    """The manifest of a run that nothing is special about."""
    plain: dict[str, Any] = {
        "id": "20260301T120000-abcd",
        "created": datetime(2026, 3, 1, 12, tzinfo=UTC),
        "engine": "clerk",
        "suite": "town",
    }
    return Manifest(**plain | changes)
