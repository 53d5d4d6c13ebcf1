#!/usr/bin/env python3
"""Golden values of the methods that compare two views: ten steps each of a narrow ResNet-18 in PyTorch.

usage: make_two_views.py [two-views.json]

Weights and pictures are not stored: both sides draw them from the same generator, seeded by the tensor's name. What is
stored is the loss of each step and, of every tensor after the last one, its norm and its product with sin(1), sin(2), …

All in double precision, because training is chaotic: a unit whose sum is 0 up to rounding is on here and off there, and
from then on weights part by a factor a step. Two batches that come in turn, of pictures that are half pattern and half
noise, give gradients that point the same way for ten steps, so that losses clearly fall at rates where roundings have
not grown yet. At these rates ten trainings whose weights were jogged by 3e-8 and one in single precision stay within
5e-6 of this one; MoCo v3 does not at twice its rate, and at ten times as much most of them part. A momentum of 0.89
instead of 0.9, or of 0.891 in the momentum encoder, moves losses by 1e-3 to 2e-2: a mistake shows. `still` is the loss
of each step where the rate is 0; the script stops if training has not moved it.

Made with torch 2.13.
"""
import json, math, sys
import torch, torch.nn as nn, torch.nn.functional as F

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
WIDTH, SIDE, BATCH, STEPS, MOMENTUM = 4, 8, 16, 10, 0.9


def numbers(name, count):
    """Uniform in [-1, 1), exact in single precision."""
    state = 0xCBF29CE484222325
    for byte in name.encode(): state = ((state ^ byte) * 0x100000001B3) % 2**64
    values = []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        values.append((state >> 40) / 2**23 - 1)
    return torch.tensor(values, dtype=torch.float64)


def fill(module):
    for name, parameter in module.named_parameters():
        u = numbers(name.removeprefix("encoder.backbone.").removeprefix("encoder."), parameter.numel())
        u = u.view(parameter.shape)
        if parameter.dim() > 1: u = u * math.sqrt(3 / (parameter.numel() // parameter.shape[0]))
        elif name.endswith("weight"): u = 1 + 0.2 * u
        else: u = 0.1 * u
        parameter.data = u.float().double()


class Block(nn.Module):
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


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, WIDTH, 3, 1, 1, bias=False), nn.BatchNorm2d(WIDTH)
        inputs = WIDTH
        for stage in range(4):
            outputs = WIDTH << stage
            setattr(self, f"layer{stage + 1}", nn.Sequential(
                Block(inputs, outputs, 1 if stage == 0 else 2), Block(outputs, outputs, 1)))
            inputs = outputs

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.layer4(self.layer3(self.layer2(self.layer1(x)))).mean((2, 3))


class Layer(nn.Module):
    def __init__(self, inputs, outputs, bias, norm, rectified):
        super().__init__()
        self.linear = nn.Linear(inputs, outputs, bias=bias)
        if norm != "none": self.norm = nn.BatchNorm1d(outputs, affine=norm == "affine")
        self.rectified = rectified

    def forward(self, x):
        x = self.linear(x)
        if hasattr(self, "norm"): x = self.norm(x)
        return F.relu(x) if self.rectified else x


class Head(nn.Module):
    def __init__(self, inputs, hidden, output, norm="none", last="none"):
        super().__init__()
        layers = []
        for width in hidden:
            layers.append(Layer(inputs, width, norm == "none", norm, True)); inputs = width
        layers.append(Layer(inputs, output, last == "none", last, False))
        self.layers = nn.ModuleList(layers)

    def forward(self, x):
        for layer in self.layers: x = layer(x)
        return x


class Encoder(nn.Module):
    def __init__(self, **head):
        super().__init__()
        self.backbone, self.projector = Backbone(), Head(8 * WIDTH, **head)

    def forward(self, x): return self.projector(self.backbone(x))


class Method(nn.Module):
    """Encoder, and perhaps a predictor and a momentum encoder."""

    def __init__(self, projector, predictor=None, follows=False):
        super().__init__()
        self.encoder = Encoder(**projector)
        if predictor: self.predictor = Head(projector["output"], **predictor)
        fill(self)
        if follows:
            self.target = Encoder(**projector)
            self.target.load_state_dict(self.encoder.state_dict())
            for p in self.target.parameters(): p.requires_grad = False

    def loss(self, x1, x2): raise NotImplementedError
    def after(self, progress): pass

    def follow(self, m):
        with torch.no_grad():
            for own, leader in zip(self.target.parameters(), self.encoder.parameters()):
                own.mul_(m).add_(leader, alpha=1 - m)


def rising(start, progress): return 1 - (1 - start) * (math.cos(math.pi * progress) + 1) / 2


class SimCLR(Method):
    def loss(self, x1, x2):
        z = F.normalize(self.encoder(torch.cat([x1, x2])), dim=1)
        logits = (z @ z.T / 0.5).fill_diagonal_(float("-inf"))
        return F.cross_entropy(logits, torch.arange(2 * BATCH).roll(BATCH))


class MoCo(Method):
    size, at = 40, 0  # No multiple of the batch: it wraps around.

    def bank(self):
        if not hasattr(self, "keys"):
            self.keys = F.normalize(numbers("bank", self.size * 16).view(self.size, 16), dim=1)
        return self.keys

    def loss(self, x1, x2):
        q = F.normalize(self.encoder(x1), dim=1)
        with torch.no_grad(): self.new = F.normalize(self.target(x2), dim=1)
        logits = torch.cat([(q * self.new).sum(1, keepdim=True), q @ self.bank().T], 1) / 0.2
        return F.cross_entropy(logits, torch.zeros(BATCH, dtype=torch.long))

    def after(self, progress):
        self.follow(0.9)
        for key in self.new:
            self.keys[self.at] = key
            self.at = (self.at + 1) % self.size


class MoCoV3(Method):
    def loss(self, x1, x2):
        q1, q2 = (F.normalize(self.predictor(self.encoder(x)), dim=1) for x in (x1, x2))
        with torch.no_grad(): k1, k2 = (F.normalize(self.target(x), dim=1) for x in (x1, x2))
        contrast = lambda q, k: F.cross_entropy(q @ k.T / 0.5, torch.arange(BATCH)) * 2 * 0.5
        return contrast(q1, k2) + contrast(q2, k1)

    def after(self, progress): self.follow(rising(0.9, progress))


class BYOL(Method):
    def loss(self, x1, x2):
        p1, p2 = (F.normalize(self.predictor(self.encoder(x)), dim=1) for x in (x1, x2))
        with torch.no_grad(): z1, z2 = (F.normalize(self.target(x), dim=1) for x in (x1, x2))
        return ((p1 - z2).square().sum(1) + (p2 - z1).square().sum(1)).mean()

    def after(self, progress): self.follow(rising(0.9, progress))


class SimSiam(Method):
    def loss(self, x1, x2):
        z1, z2 = self.encoder(x1), self.encoder(x2)
        p1, p2 = self.predictor(z1), self.predictor(z2)
        D = lambda p, z: -F.cosine_similarity(p, z.detach(), dim=1).mean()
        return D(p1, z2) / 2 + D(p2, z1) / 2


class BarlowTwins(Method):
    def loss(self, x1, x2):
        normalize = lambda z: F.batch_norm(z, None, None, training=True)
        c = normalize(self.encoder(x1)).T @ normalize(self.encoder(x2)) / BATCH
        on = (torch.diagonal(c) - 1).square().sum()
        return on + 0.01 * (c.square().sum() - torch.diagonal(c).square().sum())


class VICReg(Method):
    def loss(self, x1, x2):
        a, b = self.encoder(x1), self.encoder(x2)
        variance = sum(F.relu(1 - (z.var(0) + 1e-4).sqrt()).mean() / 2 for z in (a, b))
        covariance = 0
        for z in (a, b):
            z = z - z.mean(0)
            c = z.T @ z / (BATCH - 1)
            covariance = covariance + (c.square().sum() - torch.diagonal(c).square().sum()) / z.shape[1]
        return 25 * F.mse_loss(a, b) + 25 * variance + covariance


plain = dict(hidden=[32], output=16)
normed = dict(hidden=[32], output=16, norm="affine")
methods = dict(
    simclr=(lambda: SimCLR(plain), 1e-3), moco=(lambda: MoCo(plain, follows=True), 5e-4),
    moco_v3=(lambda: MoCoV3(dict(hidden=[32], output=16, norm="affine", last="plain"),
                            dict(hidden=[32], output=16, norm="affine", last="plain"), True), 1e-4),
    byol=(lambda: BYOL(normed, normed, True), 5e-4),
    simsiam=(lambda: SimSiam(dict(hidden=[32, 32], output=16, norm="affine", last="plain"),
                             dict(hidden=[8], output=16, norm="affine")), 5e-4),
    barlow_twins=(lambda: BarlowTwins(dict(hidden=[32, 32], output=16, norm="affine")), 3e-5),
    vicreg=(lambda: VICReg(dict(hidden=[32, 32], output=16, norm="affine")), 1e-5))


def view(name):
    """Half squares of one colour, half noise."""
    squares = numbers(f"{name}.squares", BATCH * 2 * 2 * 3).view(BATCH, 2, 2, 3)
    squares = squares.repeat_interleave(SIDE // 2, 1).repeat_interleave(SIDE // 2, 2)
    noise = numbers(f"{name}.noise", BATCH * SIDE * SIDE * 3).view(BATCH, SIDE, SIDE, 3)
    return 0.5 * squares + 0.5 * noise


def views(step):
    a, b = view(f"first.{step % 2}"), view(f"second.{step % 2}")
    return [x.float().double().permute(0, 3, 1, 2).contiguous() for x in (a, 0.7 * a + 0.3 * b)]


def train(make, rate):
    method = make()
    method.train()
    trained = [p for p in method.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(trained, rate, momentum=MOMENTUM)
    losses = []
    for step, (x1, x2) in enumerate(batches):
        loss = method.loss(x1, x2)
        optimizer.zero_grad(); loss.backward(); optimizer.step()
        method.after((step + 1) / STEPS)
        losses.append(loss.item())
    return method, losses


batches = [views(step) for step in range(STEPS)]
golden = {}
for name, (make, rate) in methods.items():
    method, losses = train(make, rate)
    still = train(make, 0)[1]
    moved = abs(losses[-1] - still[-1])
    assert moved > (0.1 if name == "simsiam" else 0.1 * abs(still[-1])), (name, losses, still)
    state = {k: v for k, v in method.state_dict().items() if not k.endswith("num_batches_tracked")}
    if name == "moco": state["bank"] = method.keys
    tensors = {}
    for key, value in state.items():
        value = value.double().flatten()
        tensors[key.removeprefix("encoder.backbone.")] = [
            float(f"{value.norm().item():.7g}"),
            float(f"{(value * torch.arange(1, len(value) + 1).double().sin()).sum().item():.7g}")]
    golden[name] = dict(
        rate=rate, losses=[float(f"{l:.8g}") for l in losses], still=[float(f"{l:.4g}") for l in still], tensors=tensors)
    print(name, ["%.4f" % l for l in losses], "still", "%.4f" % still[-1])
with open(sys.argv[1] if len(sys.argv) > 1 else "two-views.json", "w") as file:
    json.dump(golden, file, separators=(",", ":"))
