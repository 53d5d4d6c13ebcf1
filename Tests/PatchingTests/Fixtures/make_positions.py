#!/usr/bin/env python3
"""Writes positions.bin beside this file: the masked autoencoder's sin-cos positions of a 3 × 5 grid, width 16, as float32.

Made with numpy 2.4.6.
"""
import os
import numpy as np


def sincos_1d(width, positions):
    omega = 1.0 / 10000 ** (np.arange(width // 2, dtype=float) / (width / 2.0))
    out = np.einsum("m,d->md", positions.reshape(-1), omega)
    return np.concatenate([np.sin(out), np.cos(out)], axis=1)


def sincos(rows, columns, width):
    "The masked autoencoder's order: the column's half first."
    grid = np.stack(np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32)), axis=0)
    return np.concatenate([sincos_1d(width // 2, grid[0]), sincos_1d(width // 2, grid[1])], axis=1)


sincos(3, 5, 16).astype("<f4").tofile(os.path.join(os.path.dirname(os.path.abspath(__file__)), "positions.bin"))
