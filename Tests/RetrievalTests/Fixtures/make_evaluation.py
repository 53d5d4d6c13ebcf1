"""Golden values for evaluation: scikit-learn's probes and brute-force retrieval, zero-shot and kNN in double precision.
Made with scikit-learn 1.9, numpy 2.4 (any recent versions give the same): python make_evaluation.py > evaluation.json"""
import json, warnings
import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

warnings.filterwarnings("ignore")
rng = np.random.default_rng(0)
out = {}

# Linear probe: handwritten digits, 64 whole numbers each.
digits = load_digits()
order = rng.permutation(len(digits.data))
X, y = digits.data[order].astype(int), digits.target[order]
train, test = slice(0, 300), slice(300, 500)
probe = {"train": X[train].ravel().tolist(), "train_labels": y[train].tolist(),
         "test": X[test].ravel().tolist(), "test_labels": y[test].tolist(), "fits": []}
for c in [1e-4, 1e-2, 1.0]:
    model = LogisticRegression(C=c, max_iter=20000, tol=1e-8).fit(X[train], y[train])
    probability = model.predict_proba(X[test])
    guesses = np.argsort(-probability, axis=1, kind="stable")[:, :5]
    places = [np.where(g == t)[0] for g, t in zip(guesses, y[test])]
    probe["fits"].append({"c": c, "weights": [round(v, 6) for v in model.coef_.T.ravel()],
                          "predicted": model.predict(X[test]).tolist(),
                          "top1": float(np.mean([len(p) and p[0] < 1 for p in places])),
                          "top5": float(np.mean([len(p) > 0 for p in places]))})
out["probe"] = probe

# kNN: the weighted vote, on whole numbers so that scores tie; rows divided by their length in double precision.
def unit(a):
    a = np.asarray(a, dtype=np.float32).astype(np.float64)
    n = np.linalg.norm(a, axis=1, keepdims=True)
    return (a / np.where(n > 0, n, 1)).astype(np.float32).astype(np.float64)
A, B = unit(X[train]), unit(X[test])
knn = []
for k in [1, 20, 200]:
    top = []
    for q in B:
        s = A @ q
        nearest = np.lexsort((np.arange(len(s)), -s))[:k]
        votes = np.zeros(10)
        for i in nearest: votes[y[train][i]] += np.exp((s[i] - s[nearest[0]]) / 0.07)
        top.append([int(c) for c in np.lexsort((np.arange(10), -votes)) if votes[c] > 0][:5])
    knn.append({"k": k, "guesses": top})
out["knn"] = knn

# Retrieval: three to one captions a picture, some pictures without, whole numbers with many ties.
images = rng.integers(-2, 3, (40, 6)); pictures = sorted(rng.integers(0, 35, 90).tolist())
captions = np.clip(images[pictures] + rng.integers(-1, 2, (90, 6)), -3, 3)
scores = images.astype(np.float64) @ captions.T.astype(np.float64)
def ranks(scores, own):
    found = []
    for row, mine in zip(scores, own):
        order = np.lexsort((np.arange(len(row)), -row)).tolist()
        found.append(1 + min(order.index(m) for m in mine))
    return found
asking = [i for i in range(40) if i in pictures]
own = [[c for c, p in enumerate(pictures) if p == i] for i in asking]
def summary(r):
    r = np.array(r)
    return {"ranks": r.tolist(), "r@1": float(np.mean(r <= 1)), "r@5": float(np.mean(r <= 5)), "r@10": float(np.mean(r <= 10)),
            "median_rank": float(np.median(r)), "mrr": float(np.mean(1 / r))}
out["retrieval"] = {"images": images.ravel().tolist(), "captions": captions.ravel().tolist(), "pictures": pictures,
                    "image_to_text": summary(ranks(scores[asking], own)), "text_to_image": summary(ranks(scores.T, [[p] for p in pictures]))}

# Zero-shot: 7 classes, 3 templates.
prompts = rng.integers(-5, 6, (21, 8)); pics = rng.integers(-5, 6, (50, 8)); labels = rng.integers(0, 7, 50)
classes = unit(unit(prompts).reshape(7, 3, 8).mean(1)); s = unit(pics) @ classes.T
guesses = [np.lexsort((np.arange(7), -r))[:5].tolist() for r in s]
out["zeroshot"] = {"prompts": prompts.ravel().tolist(), "pictures": pics.ravel().tolist(), "labels": labels.tolist(), "guesses": guesses,
                   "top1": float(np.mean([g[0] == l for g, l in zip(guesses, labels)])), "top5": float(np.mean([l in g for g, l in zip(guesses, labels)]))}
print(json.dumps(out, separators=(",", ":")))
