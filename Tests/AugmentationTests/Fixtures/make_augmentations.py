#!/usr/bin/env python3
"""Writes augmentations.tsv and blurs.bin beside this file: what torchvision makes of generated pictures on its PIL path.

Made with torchvision 0.28.0, torch 2.13.0, open_clip 3.3.0, Pillow 13.0.0, numpy 2.4.6; torchvision's native library is
not needed.  A line of the table is: width and height of the picture, operation, its parameter (or -), width and height
of the result, CRC-32 of its RGB bytes.  Pictures are those of ImagesTests/Fixtures/make_resizes.py.  A record of
blurs.bin is, in little-endian order: u16 width, u16 height, u16 kernel, f64 sigma, the RGB bytes of the result.
"""
import os, struct, sys, zlib
import numpy as np
sys.path.insert(0, os.environ.get("PEERS", "."))  # where torchvision_without_native.py lies
import torch, torchvision_without_native
from PIL import Image
from torchvision import transforms as T
from torchvision.transforms import functional as F
import open_clip

here = os.path.dirname(os.path.abspath(__file__))


def noise(w, h):
    i = np.arange(w * h * 3, dtype=np.uint64)
    v = ((i + 1) * 2654435761 + (i >> np.uint64(4)) * 40503) & np.uint64(0xFFFFFFFF)
    return Image.fromarray((v >> np.uint64(24)).astype(np.uint8).reshape(h, w, 3))


def solid_edges(w, h):
    "The darkest and brightest colours, greys among them."
    im = np.asarray(noise(w, h)).copy()
    im[::3] = im[::3] // 128 * 255
    im[1::5, :, :] = im[1::5, :, :1]
    return Image.fromarray(im)


lines = []
for w, h in [(1, 1), (5, 3), (17, 16), (40, 31), (512, 300)]:
    def add(name, parameter, im):
        lines.append("\t".join(map(str, (w, h, name, parameter, im.width, im.height, zlib.crc32(np.asarray(im).tobytes())))))
    im = solid_edges(w, h)
    for f in (0.0, 0.2, 0.5, 0.77, 1.0, 1.3, 1.8, 3.0):
        add("brightness", f, F.adjust_brightness(im, f))
        add("contrast", f, F.adjust_contrast(im, f))
        add("saturation", f, F.adjust_saturation(im, f))
    for f in (-0.5, -0.21, -0.1, -0.003, 0.0, 0.004, 0.05, 0.2, 0.33, 0.5): add("hue", f, F.adjust_hue(im, f))
    add("gray", "-", F.rgb_to_grayscale(im, 3))
    for t in (0, 1, 128, 200, 256): add("solarize", t, F.solarize(im, t))
    add("flip", "-", F.hflip(im))
    add("flip_vertically", "-", F.vflip(im))
    for turns, method in ((1, Image.ROTATE_90), (2, Image.ROTATE_180), (3, Image.ROTATE_270)):
        add("turn", turns, im.transpose(method))
    for side in (1, 2, 15, 16, 30, 33, 64): add("center_crop", side, F.center_crop(im, [side, side]))
    for side in (7, 32):
        if min(w, h) * 40 > max(w, h): add("resize", side, F.resize(im, side, T.InterpolationMode.BILINEAR))
for w, h in [(500, 375), (375, 500), (640, 427), (224, 224), (225, 224), (100, 90), (333, 997), (50, 300)]:
    im = solid_edges(w, h)
    # open_clip's own evaluation transform, without its last two steps: to tensor, normalize.
    for size in (224, 64):
        for mode in ("shortest", "squash", "longest"):
            t = open_clip.transform.image_transform(size, is_train=False, resize_mode=mode)
            kept = [s for s in t.transforms if type(s).__name__ not in ("ToTensor", "Normalize", "MaybeToTensor")]
            add("clip " + mode, size, T.Compose(kept)(im))
with open(os.path.join(here, "augmentations.tsv"), "w") as f: f.write("\n".join(lines) + "\n")

out = b""
for w, h, kernel, sigma in [(40, 31, 23, 2.0), (40, 31, 23, 0.1), (33, 40, 9, 1.3), (64, 20, 3, 0.8), (30, 30, 23, 1.05), (14, 70, 13, 5.0)]:
    out += struct.pack("<HHHd", w, h, kernel, sigma) + np.asarray(F.gaussian_blur(solid_edges(w, h), [kernel, kernel], [sigma, sigma])).tobytes()
with open(os.path.join(here, "blurs.bin"), "wb") as f: f.write(out)
print(len(lines), "lines,", len(out), "bytes of blurs")
