#!/usr/bin/env python3
"""Writes png.bin and jpeg.bin beside this file: small pictures of every kind, and what Pillow makes of them. With a
folder as argument, it writes the pictures into DIR/png and DIR/jpeg instead: seeds for the fuzzers.

Made with Pillow 13.0.0, numpy 2.4.6 and libjpeg-turbo's cjpeg 2.1.5.  A record is, in little-endian order: u16 length
of the name, name, u32 length of the file, file, u16 width, u16 height, u32 CRC-32 of convert("RGB"), u32 CRC-32 of
ImageOps.exif_transpose(...).convert("RGB").
"""
import io, os, struct, subprocess, sys, tempfile, warnings, zlib
import numpy as np
from PIL import Image, ImageOps

warnings.simplefilter("ignore")
here = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(20261120)
sizes = [(1, 1), (2, 1), (1, 3), (3, 2), (7, 5), (8, 8), (9, 16), (17, 9), (31, 33), (40, 30)]


def photo(w, h, channels=3):
    "Smooth colours with some noise: what JPEG was made for."
    y, x = np.mgrid[0:h, 0:w]
    waves = [127 + 90 * np.sin(x / (5 + c) + c) * np.cos(y / (4 + 2 * c)) for c in range(channels)]
    return np.clip(np.stack(waves, -1) + rng.normal(0, 8, (h, w, channels)), 0, 255).astype(np.uint8)


def crc(im):
    return zlib.crc32(np.ascontiguousarray(np.asarray(im)).tobytes())


def record(name, data, rgb=None):
    im = Image.open(io.BytesIO(data))
    im.load()
    rgb = rgb if rgb is not None else im.convert("RGB")
    upright = ImageOps.exif_transpose(im).convert("RGB") if im.mode != "I;16" else rgb
    head = name.encode()
    return struct.pack("<H", len(head)) + head + struct.pack("<I", len(data)) + data + struct.pack(
        "<HHII", rgb.width, rgb.height, crc(rgb), crc(upright))


# --- PNG, written by hand: Pillow cannot write most of these.

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed_rows(samples, depth):
    "samples: h × w × channels of integers -> bytes of each row"
    h = samples.shape[0]
    flat = samples.reshape(h, -1)
    if depth == 16: return [r.astype(">u2").tobytes() for r in flat]
    if depth == 8: return [r.astype(np.uint8).tobytes() for r in flat]
    bits = ((flat[:, :, None] >> np.arange(depth - 1, -1, -1)) & 1).reshape(h, -1).astype(np.uint8)
    return [np.packbits(r).tobytes() for r in bits]


def filtered(rows, bpp, first):
    "Every filter type in turn."
    out, prior = b"", bytes(len(rows[0])) if rows else b""
    for n, row in enumerate(rows):
        kind = (first + n) % 5
        line = bytearray()
        for i, v in enumerate(row):
            a = row[i - bpp] if i >= bpp else 0
            b = prior[i]
            c = prior[i - bpp] if i >= bpp else 0
            p = a + b - c
            paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            line.append((v - (0, a, b, (a + b) // 2, paeth)[kind]) & 255)
        out += bytes([kind]) + bytes(line)
        prior = row
    return out


def png(samples, depth, color, interlaced=False, extra=b"", split=None, before=b""):
    h, w = samples.shape[:2]
    bpp = max(1, depth * samples.shape[2] // 8)
    raw = b""
    if interlaced:
        for n, (x0, y0, dx, dy) in enumerate(
                [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]):
            part = samples[y0::dy, x0::dx]
            if part.size: raw += filtered(packed_rows(part, depth), bpp, n)
    else:
        raw = filtered(packed_rows(samples, depth), bpp, 0)
    body = zlib.compress(raw, 9)
    pieces = [body] if not split else [body[i:i + split] for i in range(0, len(body), split)]
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, color, 0, 0, interlaced)) + before +
            extra + b"".join(chunk(b"IDAT", p) for p in pieces) + chunk(b"IEND", b""))


def exif(orientation, endian="<"):
    mark = b"II*\0" if endian == "<" else b"MM\0*"
    return mark + struct.pack(endian + "IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
pngs = []
for color, depths in {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}.items():
    for depth in depths:
        for interlaced in (False, True):
            for n, (w, h) in enumerate(sizes):
                if n % 2 == (depth == 16): continue
                samples = rng.integers(0, 1 << depth, (h, w, channels[color]))
                if color == 2 and depth == 8: samples = photo(w, h)
                extra = b""
                if color == 3:
                    entries = 1 << depth if n % 4 else max(1, (1 << depth) * 3 // 4)
                    samples = samples % entries
                    extra = chunk(b"PLTE", rng.integers(0, 256, entries * 3, dtype=np.uint8).tobytes())
                    if n % 3 == 0: extra += chunk(b"tRNS", rng.integers(0, 256, entries, dtype=np.uint8).tobytes())
                if color == 0 and n % 3 == 0: extra = chunk(b"tRNS", struct.pack(">H", int(samples.flat[0])))
                if color == 2 and n % 3 == 0:
                    extra = chunk(b"tRNS", struct.pack(">HHH", *map(int, samples.reshape(-1, 3)[0])))
                data = png(samples, depth, color, interlaced, extra, split=(None, 7, 100)[n % 3])
                # The one place where we differ from Pillow on purpose: of 16-bit grey we keep the high byte.
                rgb = Image.fromarray((samples[:, :, 0] >> 8).astype(np.uint8)).convert("RGB") if (color, depth) == (
                    0, 16) else None
                kind = "interlaced" if interlaced else "plain"
                pngs.append(record(f"png color {color} depth {depth} {kind} {w}x{h}", data, rgb))
for o in range(1, 9):
    pngs.append(record(f"png exif {o}", png(photo(7, 4), 8, 2, before=chunk(b"eXIf", exif(o, "<>"[o % 2])))))
text = chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"tEXt", b"Comment\0hello") + chunk(
    b"zTXt", b"Bomb\0\0" + zlib.compress(bytes(300000), 9)) + chunk(b"sRGB", b"\0") + chunk(b"prVt", b"unknown")
pngs.append(record("png with every ancillary chunk", png(photo(9, 7), 8, 2, before=text)))
pngs.append(record("png with an empty IDAT", png(photo(9, 7), 8, 2, extra=chunk(b"IDAT", b""))))

# --- JPEG

jpegs = []


def pil(name, array, mode="RGB", **options):
    b = io.BytesIO()
    Image.fromarray(array, mode).save(b, "JPEG", **options)
    jpegs.append(record("jpeg " + name, b.getvalue()))
    return b.getvalue()


def cjpeg(name, array, *options):
    with tempfile.NamedTemporaryFile(suffix=".ppm") as f:
        Image.fromarray(array).save(f.name)
        jpegs.append(record("jpeg " + name, subprocess.check_output(["cjpeg", *options, f.name])))


for n, (w, h) in enumerate(sizes):
    for s, sub in enumerate(("4:4:4", "4:2:2", "4:2:0")):
        for progressive in (False, True):
            if (n + s + progressive) % 2 and n < 7: continue
            pil(f"{sub} progressive {progressive} {w}x{h}", photo(w, h), quality=(30, 75, 95)[(n + s) % 3], subsampling=sub,
                progressive=progressive)
    pil(f"gray {w}x{h}", photo(w, h)[:, :, 0], "L", quality=60, progressive=n % 2 == 0)
    four = photo(w, h, 4)
    cmyk = pil(f"cmyk {w}x{h}", four, "CMYK", quality=90, progressive=n % 3 == 0)
    at = cmyk.index(b"Adobe")
    jpegs.append(record(f"jpeg ycck {w}x{h}", cmyk[:at + 11] + b"\2" + cmyk[at + 12:]))
    for sample in (("2x1", "1x2", "4x1", "1x4", "2x2,1x2,2x1", "4x2", "3x1")[n % 7], "1x2"):
        cjpeg(f"sample {sample} {w}x{h}", photo(w, h), "-sample", sample, "-quality", "80")
    cjpeg(f"sample 1x2 progressive {w}x{h}", photo(w, h), "-sample", "1x2", "-progressive")
    cjpeg(f"restart {w}x{h}", photo(w, h), "-restart", "1B" if n % 2 else "1")
    cjpeg(f"rgb {w}x{h}", photo(w, h), "-rgb")
    if n % 2: cjpeg(f"arithmetic {w}x{h}", photo(w, h), "-arithmetic")
for sample in ("2x1", "1x2", "2x2", "4x1", "1x4", "4x2", "2x4", "3x1", "3x2", "2x2,2x1,1x2", "1x1,2x2,1x1"):
    for size in ((33, 31), (16, 16)):
        cjpeg(f"sample {sample} {size[0]}x{size[1]} again", photo(*size), "-sample", sample, "-quality", "85")
for o in range(1, 9):
    pil(f"exif {o}", photo(11, 6), exif=b"Exif\0\0" + exif(o, "<>"[o % 2]), quality=90, subsampling="4:4:4")

def file_in(record):
    at = 2 + struct.unpack_from("<H", record)[0]
    return record[at + 4:at + 4 + struct.unpack_from("<I", record, at)[0]]


if len(sys.argv) > 1:
    for name, records in (("png", pngs), ("jpeg", jpegs)):
        os.makedirs(os.path.join(sys.argv[1], name), exist_ok=True)
        for n, r in enumerate(records):
            with open(os.path.join(sys.argv[1], name, str(n)), "wb") as f: f.write(file_in(r))
    sys.exit()
for name, records in (("png.bin", pngs), ("jpeg.bin", jpegs)):
    with open(os.path.join(here, name), "wb") as f: f.write(b"".join(records))
    print(name, len(records), sum(map(len, records)))
