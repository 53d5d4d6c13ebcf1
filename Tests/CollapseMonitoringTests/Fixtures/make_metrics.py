"""Writes metrics.json: small embeddings and what NumPy makes of them by the papers' formulas. NumPy 2.4.6."""
import json
import os

import numpy as np

rng = np.random.default_rng(9)


def effective_rank(values):
    p = values / values.sum() + 1e-7
    return float(np.exp(-(p * np.log(p)).sum()))


def single(z):
    unit = z / np.linalg.norm(z, axis=1, keepdims=True)
    deviation = unit.std(axis=0) * np.sqrt(z.shape[1])
    singular = np.linalg.svd(z, compute_uv=False)
    covariance = np.cov(z.T, bias=True)
    eigenvalues = np.sort(np.linalg.eigvalsh(covariance))[::-1]
    kept = eigenvalues[eigenvalues > 1e-9 * eigenvalues[0]]
    slope = np.polyfit(np.log(np.arange(1, len(kept) + 1)), np.log(kept), 1)[0]
    cosines = (unit @ unit.T)[np.triu_indices(len(unit), 1)]
    return {
        "spread": float(deviation.mean()),
        "dead": float((deviation < 0.01).mean()),
        "rank_me": effective_rank(singular),
        "participation": float(eigenvalues.sum() ** 2 / (eigenvalues**2).sum()),
        "alpha": float(-slope),
        "uniformity": float(np.log(np.exp(-2 * (2 - 2 * cosines)).mean())),
        "mean_cosine": float(cosines.mean()),
        "eigenvalues": [float(v) for v in eigenvalues[:5]],
    }


def pair(x, y):
    a = x / np.linalg.norm(x, axis=1, keepdims=True)
    b = y / np.linalg.norm(y, axis=1, keepdims=True)
    cosines = a @ b.T
    others = cosines - 10 * np.eye(len(a))
    margin = np.diag(cosines) - (others.max(axis=0) + others.max(axis=1)) / 2
    # LiDAR, equations 1 to 5 as they stand, with a matrix root.
    views = np.stack([x, y], axis=1)
    means = views.mean(axis=1)
    spread = means - means.mean(axis=0)
    between = spread.T @ spread / len(x)
    deviations = (views - means[:, None]).reshape(-1, x.shape[1])
    within = deviations.T @ deviations / len(deviations) + 1e-4 * np.eye(x.shape[1])
    values, vectors = np.linalg.eigh(within)
    root = vectors @ np.diag(values**-0.5) @ vectors.T
    eigenvalues = np.linalg.eigvalsh(root @ between @ root)
    return {
        "alignment": float((((a - b) ** 2).sum(axis=1)).mean()),
        "margin": float(margin.mean()),
        "gap": float(np.linalg.norm(a.mean(axis=0) - b.mean(axis=0))),
        "lidar": effective_rank(np.maximum(eigenvalues, 0)),
    }


def embeddings(count, width, decay, offset):
    z = rng.normal(size=(count, width)) * np.arange(1, width + 1) ** -decay + offset
    z = z @ np.linalg.qr(rng.normal(size=(width, width)))[0]
    return np.round(z, 4)


cases = []
for count, width, decay, offset in [(40, 12, 0.3, 0.0), (25, 30, 0.5, 0.2), (64, 9, 1.0, 1.0), (33, 33, 0.2, 0.0)]:
    x = embeddings(count, width, decay, offset)
    y = np.round(x + 0.1 * rng.normal(size=x.shape), 4)
    if width == 9:
        x[:, 4] = 0.25  # nearly dead after normalisation
    cases.append(
        {"count": count, "width": width, "x": x.ravel().tolist(), "y": y.ravel().tolist(),
         "single": single(x), "pair": pair(x, y)})

tokens, heads, width = 5, 2, 4
qkv = np.round(rng.normal(size=(2, tokens, 3, heads, width)), 4)


def entropy(causal):
    found = []
    for sample in range(2):
        for head in range(heads):
            q, k = qkv[sample, :, 0, head], qkv[sample, :, 1, head]
            scores = q @ k.T / np.sqrt(width)
            for i in range(tokens):
                row = scores[i, : i + 1] if causal else scores[i]
                if len(row) > 1:
                    p = np.exp(row) / np.exp(row).sum()
                    found.append(-(p * np.log(p)).sum() / np.log(len(row)))
    return float(np.mean(found))


attention = {"shape": list(qkv.shape), "qkv": qkv.ravel().tolist(), "full": entropy(False), "causal": entropy(True)}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "metrics.json"), "w") as file:
    json.dump({"cases": cases, "attention": attention}, file)
