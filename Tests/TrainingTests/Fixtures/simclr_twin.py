#!/usr/bin/env python3
"""SimCLR on CIFAR-10 in PyTorch, step by step what the recipe of the same name does here: the twin of a comparison.

usage: simclr_twin.py DATA OUT [--steps 500] [--batch 128] [--width 16] [--seed 0]

DATA holds train.bin and test.bin in CIFAR-10's binary format. OUT gets the folder initial with the weights at the start, which
`diptych train --init OUT/initial` starts from, metrics.jsonl, and result.json with kNN accuracies of pixels, of the network
at its start and of the trained one.

Made with torch 2.13, torchvision 0.28, safetensors 0.8.
"""
import argparse, json, math, os, time
import numpy as np, torch, torch.nn as nn, torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file
from torchvision import transforms as T

arguments = argparse.ArgumentParser()
arguments.add_argument("data"); arguments.add_argument("out")
arguments.add_argument("--steps", type=int, default=500); arguments.add_argument("--batch", type=int, default=128)
arguments.add_argument("--width", type=int, default=16); arguments.add_argument("--seed", type=int, default=0)
arguments.add_argument("--threads", type=int, default=2)
a = arguments.parse_args()
torch.set_num_threads(a.threads); torch.manual_seed(a.seed); np.random.seed(a.seed)


class Block(nn.Module):
    """torchvision's BasicBlock, by its names."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        changes = stride != 1 or inputs != outputs
        self.downsample = nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)) if changes else None

    def forward(self, x):
        h = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(h + (x if self.downsample is None else self.downsample(x)))


class Narrow(nn.Module):
    """ResNet-18 for small pictures."""

    def __init__(self, width):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        inputs = width
        for stage in range(4):
            outputs = width << stage
            setattr(self, f"layer{stage + 1}", nn.Sequential(
                Block(inputs, outputs, 1 if stage == 0 else 2), Block(outputs, outputs, 1)))
            inputs = outputs

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.layer4(self.layer3(self.layer2(self.layer1(x)))).mean((2, 3))


def read(name):
    rows = np.fromfile(os.path.join(a.data, name), np.uint8).reshape(-1, 3073)
    return rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), torch.tensor(rows[:, 0].astype(np.int64))


(train, labels), (test, test_labels) = read("train.bin"), read("test.bin")
normalize = T.Normalize((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))
augment = T.Compose([
    T.RandomResizedCrop(32), T.RandomHorizontalFlip(), T.RandomApply([T.ColorJitter(0.4, 0.4, 0.4, 0.1)], 0.8),
    T.RandomGrayscale(0.2), T.ToTensor(), normalize])
plain = T.Compose([T.ToTensor(), normalize])


class Views(torch.utils.data.Dataset):
    def __len__(self): return len(train)
    def __getitem__(self, i):
        picture = Image.fromarray(train[i])
        return torch.stack([augment(picture), augment(picture)])


def features(network):
    def of(pictures):
        if network is None: return torch.stack([plain(p).flatten() for p in pictures])
        network.eval()
        with torch.no_grad():
            parts = [network(torch.stack([plain(p) for p in pictures[i:i + 500]])) for i in range(0, len(pictures), 500)]
        network.train()
        return torch.cat(parts)
    return F.normalize(of(train)), F.normalize(of(test))


def knn(network, k=20, temperature=0.07):
    known, asked = features(network)
    scores, rows = (asked @ known.T).topk(k)
    votes = torch.zeros(len(asked), 10).scatter_add(1, labels[rows], (scores / temperature).exp())
    return (votes.argmax(1) == test_labels).float().mean().item()


network = Narrow(a.width)
features_width = 8 * a.width
head = nn.Sequential(nn.Linear(features_width, 128), nn.ReLU(), nn.Linear(128, 128))
for module in network.modules():
    if isinstance(module, nn.Conv2d): nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
for module in head:
    if isinstance(module, nn.Linear): nn.init.zeros_(module.bias)
os.makedirs(os.path.join(a.out, "initial"), exist_ok=True)
save_file({k: v for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")},
          os.path.join(a.out, "initial", "model.safetensors"))
save_file({f"encoder.projector.layers.{i // 2}.linear.{n}": getattr(head[i], n).detach()
           for i in (0, 2) for n in ("weight", "bias")}, os.path.join(a.out, "initial", "heads.safetensors"))
with open(os.path.join(a.out, "initial", "config.json"), "w") as file:
    json.dump(dict(architecture="resnet18", num_classes=0, pretrained_cfg=dict(
        input_size=[3, 32, 32], crop_pct=1, mean=normalize.mean, std=normalize.std)), file)
result = dict(pixels=knn(None), random=knn(network), steps=a.steps, batch=a.batch, width=a.width)
print(json.dumps(result), flush=True)
network = network.to(memory_format=torch.channels_last)

parameters = list(network.parameters()) + list(head.parameters())
optimizer = torch.optim.AdamW([
    dict(params=[p for p in parameters if p.dim() > 1], weight_decay=0.01),
    dict(params=[p for p in parameters if p.dim() == 1], weight_decay=0)], lr=1e-3, betas=(0.9, 0.999), eps=1e-8)
warmup = 50


def rate(step):
    if step < warmup: return 1e-3 * (step + 1) / warmup
    return 1e-3 * (1 + math.cos(math.pi * (step - warmup) / (a.steps - warmup))) / 2


def batches():
    while True:
        yield from torch.utils.data.DataLoader(Views(), a.batch, shuffle=True, drop_last=True)


targets = torch.arange(2 * a.batch).roll(a.batch)
log = open(os.path.join(a.out, "metrics.jsonl"), "w")
start = time.time()
for step, views in zip(range(a.steps), batches()):
    for group in optimizer.param_groups: group["lr"] = rate(step)
    x = views.transpose(0, 1).reshape(-1, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    z = F.normalize(head(network(x)), dim=1)
    logits = (z @ z.T / 0.5).fill_diagonal_(-1e9)
    loss = F.cross_entropy(logits, targets)
    optimizer.zero_grad(); loss.backward(); optimizer.step()
    log.write(json.dumps(dict(step=step + 1, loss=loss.item(), lr=rate(step), time=time.time() - start)) + "\n"); log.flush()
result.update(knn=knn(network), seconds=time.time() - start)
with open(os.path.join(a.out, "result.json"), "w") as file: json.dump(result, file)
print(json.dumps(result))
