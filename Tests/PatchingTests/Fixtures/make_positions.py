#!/usr/bin/env python3
"""Writes positions.bin beside this file: float32 results of the reference implementations.

Made with torch 2.13.0 and numpy 2.4.6.  First the sin-cos positions of a 3 × 5 grid, width
16.  Then, for each (rows, columns, new rows, new columns) of (4, 4, 7, 7), (7, 7, 4, 4), (5, 3, 6, 8), (14, 14, 9, 20),
of positions number i = sin(0.7 i) of width 3: antialiased, then plain.
"""
import os
import numpy as np, torch
import torch.nn.functional as F


def sincos_1d(width, positions):
    omega = 1.0 / 10000 ** (np.arange(width // 2, dtype=float) / (width / 2.0))
    out = np.einsum("m,d->md", positions.reshape(-1), omega)
    return np.concatenate([np.sin(out), np.cos(out)], axis=1)


def sincos(rows, columns, width):
    "The masked autoencoder's order: the column's half first."
    grid = np.stack(np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32)), axis=0)
    return np.concatenate([sincos_1d(width // 2, grid[0]), sincos_1d(width // 2, grid[1])], axis=1)


out = [sincos(3, 5, 16).astype(np.float32).ravel()]
for r, c, nr, nc in [(4, 4, 7, 7), (7, 7, 4, 4), (5, 3, 6, 8), (14, 14, 9, 20)]:
    p = torch.from_numpy(np.sin(0.7 * np.arange(r * c * 3)).astype(np.float32)).reshape(1, r, c, 3).permute(0, 3, 1, 2)
    for antialias in (True, False):
        made = F.interpolate(p, size=(nr, nc), mode="bicubic", align_corners=False, antialias=antialias)
        out.append(made.permute(0, 2, 3, 1).contiguous().numpy().ravel())
np.concatenate(out).astype("<f4").tofile(os.path.join(os.path.dirname(os.path.abspath(__file__)), "positions.bin"))
