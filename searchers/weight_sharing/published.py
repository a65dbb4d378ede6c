"""The recipe that NAS-Bench-201 published for one-shot searches."""

from __future__ import annotations

from typing import Any

PUBLISHED: dict[str, Any] = {
    "epochs": 50,
    "batch_size": 64,
    "learning_rate": 0.025,
    "momentum": 0.9,
    "nesterov": True,
    "weight_decay": 5e-4,
    "schedule": "cosine",
    "warmup": 0.0,
    "label_smoothing": 0.0,
    "channels": 16,
    "cells": 5,
    "validation_fraction": 0.5,
}
"""Fields of a recipe as NAS-Bench-201 published them for one-shot searches (Dong and Yang, ICLR 2020, table 6); the
learning rate falls to 0 here, to 0.001 there."""
