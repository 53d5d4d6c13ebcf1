#!/usr/bin/env python3
"""Narrow residual networks of torchvision with random weights and statistics, and what they make of pictures.

usage: make_resnet.py [.]      writes torchvision-resnet18 and torchvision-resnet50

Made with torch 2.13, torchvision 0.28, safetensors 0.8.
"""
import json, os, sys
import torch, torch.nn as nn
from safetensors.torch import save_file
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

torch.manual_seed(1)


class Narrow(ResNet):
    """torchvision's network with another width, and the stem for small pictures if asked."""

    def __init__(self, block, layers, width, small):
        super().__init__(block, [1, 1, 1, 1])
        self.inplanes = width
        self.conv1 = nn.Conv2d(3, width, 3, 1, 1, bias=False) if small else nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        if small: self.maxpool = nn.Identity()
        for i, count in enumerate(layers):
            setattr(self, f"layer{i + 1}", self._make_layer(block, width << i, count, stride=1 if i == 0 else 2))
        self.fc = nn.Linear(8 * width * block.expansion, 3)


def write(folder, network, side):
    network.eval()
    for module in network.modules():
        if isinstance(module, nn.Conv2d): nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5); nn.init.uniform_(module.bias, -0.2, 0.2)
            nn.init.uniform_(module.running_mean, -0.3, 0.3); nn.init.uniform_(module.running_var, 0.5, 2)
    x = (torch.arange(2 * 3 * side * side) * 0.7).sin().view(2, side, side, 3).permute(0, 3, 1, 2).contiguous()
    classifier, network.fc = network.fc, nn.Identity()
    with torch.no_grad(): features = network(x)
    network.fc = classifier
    os.makedirs(folder, exist_ok=True)
    save_file(network.state_dict(), os.path.join(folder, "model.safetensors"))
    with open(os.path.join(folder, "golden.json"), "w") as file:
        json.dump(dict(side=side, features=features.flatten().tolist()), file)


base = sys.argv[1] if len(sys.argv) > 1 else "."
write(os.path.join(base, "torchvision-resnet18"), Narrow(BasicBlock, [2, 2, 2, 2], 3, True), 16)
write(os.path.join(base, "torchvision-resnet50"), Narrow(Bottleneck, [3, 4, 6, 3], 2, False), 32)
