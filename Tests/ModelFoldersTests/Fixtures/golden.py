"""What all fixtures of joint embeddings have in common: a batch, features, logits, loss, gradients and ten steps of AdamW.

All in double precision, so that single precision is compared with the truth and not with another's rounding.
"""
import json, os
import torch


def perturb(model):
    "Biases and gains away from 0 and 1, so that a mix-up shows."
    with torch.no_grad():
        for p in model.parameters():
            if p.ndim <= 1 and p.numel() > 1: p.add_(torch.randn_like(p)*0.1)


def short(values): return [float("%.9g" % v) for v in values.detach().flatten().tolist()]


def write(folder, model, pixels, ids, run):
    "run(model, pixels) -> (image features, text features, logits, loss); all of length one, loss a scalar"
    golden = dict(pixels=pixels.flatten().tolist(), ids=ids.flatten().tolist(), batch=len(ids))
    model, pixels = model.double(), pixels.double()
    image, text, logits, loss = run(model, pixels)
    golden.update(image=short(image), text=short(text), logits=short(logits), loss=loss.item())
    loss.backward()
    golden["gradient_norms"] = {n: p.grad.norm().item() for n, p in model.named_parameters()}
    opt = torch.optim.AdamW([dict(params=[p for p in model.parameters() if p.ndim > 1 and p.numel() != max(p.shape)], weight_decay=0.1),
                             dict(params=[p for p in model.parameters() if p.ndim <= 1 or p.numel() == max(p.shape)], weight_decay=0.0)],
                            lr=1e-3, betas=(0.9, 0.98), eps=1e-6)
    losses = []
    for _ in range(10):
        opt.zero_grad(); loss = run(model, pixels)[3]
        losses.append(loss.item()); loss.backward(); opt.step()
    golden["losses"] = losses
    json.dump(golden, open(os.path.join(folder, "golden.json"), "w"))


def pixels(batch, size):
    "Multiples of 1/64: short in JSON."
    return (torch.randn(batch, 3, size, size)*64).round()/64


def texts(ends, length, start, end, padding):
    ids = torch.randint(1, start, (len(ends), length)); ids[:, 0] = start
    for row, place in enumerate(ends): ids[row, place] = end; ids[row, place+1:] = padding
    return ids
