#!/usr/bin/env python3
"""Writes resizes.bin beside this file: check sums of what Pillow's resize makes of generated pictures.

Made with Pillow 13.0.0 and numpy 2.4.6.  A record is, in little-endian order: u8 filter (box, bilinear, bicubic,
lanczos), u16 width, height, new width, new height, u32 CRC-32 of the RGB bytes.  The picture's byte i is bits 24 to 31
of (i + 1) × 2654435761 + (i >> 4) × 40503 in 32-bit arithmetic: noise that tests can make without a file.
"""
import os, struct, zlib
import numpy as np
from PIL import Image

shapes = [
    (1, 1, 1, 1), (1, 1, 5, 3), (2, 1, 1, 2), (3, 5, 3, 5), (3, 5, 3, 9), (3, 5, 8, 5), (5, 3, 4, 2), (7, 7, 1, 1),
    (16, 16, 8, 8), (17, 15, 16, 16), (16, 16, 32, 32), (33, 31, 10, 20), (31, 33, 62, 66), (64, 48, 48, 64),
    (100, 1, 7, 1), (1, 100, 1, 7), (100, 1, 1, 9), (50, 40, 49, 41), (50, 40, 51, 39), (500, 375, 299, 224),
    (375, 500, 224, 299), (640, 480, 298, 224), (224, 224, 224, 224), (224, 224, 336, 336), (224, 224, 223, 225),
    (300, 200, 96, 96), (96, 96, 224, 224), (640, 426, 32, 32), (13, 200, 200, 13), (200, 13, 13, 200), (19, 23, 224, 224),
    (1000, 700, 3, 2), (3, 2, 300, 200), (48, 48, 47, 16), (47, 16, 48, 48), (321, 17, 160, 8), (255, 257, 256, 256),
    (128, 64, 64, 128), (2000, 30, 100, 30), (30, 2000, 30, 100), (91, 89, 45, 44), (12, 34, 56, 78), (240, 800, 96, 320), (110, 153, 58, 110)
]


def noise(w, h):
    i = np.arange(w * h * 3, dtype=np.uint64)
    v = ((i + 1) * 2654435761 + (i >> np.uint64(4)) * 40503) & np.uint64(0xFFFFFFFF)
    return Image.fromarray((v >> np.uint64(24)).astype(np.uint8).reshape(h, w, 3))


out = b""
for f, kind in enumerate((Image.BOX, Image.BILINEAR, Image.BICUBIC, Image.LANCZOS)):
    for w, h, nw, nh in shapes:
        made = np.asarray(noise(w, h).resize((nw, nh), kind))
        out += struct.pack("<BHHHHI", f, w, h, nw, nh, zlib.crc32(made.tobytes()))
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "resizes.bin"), "wb") as file: file.write(out)
print(len(shapes), "shapes")
