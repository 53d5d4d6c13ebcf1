"""Golden values of optimizer rules: ten steps on a matrix, a vector and a matrix of zeros with given gradients.

python make_optimizers.py      (torch 2.13.0+cpu, timm 1.0.31)

Matrices decay (0.1) and adapt, the vector does neither, as timm does where the weight decay is 0. LAMB's own clipping of
the gradients' norm is off: the trainer clips.
"""
import json, os
import torch
from timm.optim.lamb import Lamb
from timm.optim.lars import Lars

steps, decay = 10, 0.1
torch.manual_seed(0)
shapes = [(5, 7), (7,), (3, 4)]
start = [torch.randn(s) * 0.3 for s in shapes]
start[2].zero_()
gradients = [[torch.randn(s) for s in shapes] for _ in range(steps)]
gradients[0][0].zero_()
rates = [0.01 * (i + 1) for i in range(5)] + [0.05 - 0.008 * i for i in range(5)]
rules = {
    "adamw": lambda g: torch.optim.AdamW(g, betas=(0.9, 0.98), eps=1e-6),
    "sgd": lambda g: torch.optim.SGD(g, momentum=0.9, lr=0.1),
    "sgd nesterov": lambda g: torch.optim.SGD(g, momentum=0.9, nesterov=True, lr=0.1),
    "lars": lambda g: Lars(g, momentum=0.9, trust_coeff=0.02),
    "lars nesterov": lambda g: Lars(g, momentum=0.9, nesterov=True, trust_coeff=0.02),
    "lars clipped": lambda g: Lars(g, momentum=0.9, trust_coeff=0.02, trust_clip=True),
    "lamb": lambda g: Lamb(g, betas=(0.9, 0.98), eps=1e-6, max_grad_norm=None),
}
golden = dict(
    shapes=shapes, rates=rates, start=[t.flatten().tolist() for t in start],
    gradients=[[t.flatten().tolist() for t in step] for step in gradients], rules={})
for name, make in rules.items():
    p = [torch.nn.Parameter(t.clone()) for t in start]
    groups = [dict(params=[q for q in p if q.ndim > 1], weight_decay=decay),
              dict(params=[q for q in p if q.ndim < 2], weight_decay=0.0)]
    optimizer = make(groups)
    for rate, step in zip(rates, gradients):
        for group in optimizer.param_groups: group["lr"] = rate
        for q, g in zip(p, step): q.grad = g.clone()
        optimizer.step()
    golden["rules"][name] = [q.detach().flatten().tolist() for q in p]
here = os.path.dirname(os.path.abspath(__file__))
json.dump(golden, open(os.path.join(here, "optimizers.json"), "w"))
