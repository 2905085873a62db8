"""Whose bars a question reads: a store may hold a whole market."""

from __future__ import annotations

from enum import StrEnum


class Part(StrEnum):
    """Whose bars are read."""

    ALL = "all"
    FOLLOWED = "followed"  # firms that are listed or announced something
    ASKED = "asked"  # those that are asked for alone
    RATED = "rated"  # what is rated, and the firms that the report lists
