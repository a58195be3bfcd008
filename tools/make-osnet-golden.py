"""Reference numbers for encoder/osnet: the omni-scale network in plain PyTorch, at tiny widths.

    python tools/make-osnet-golden.py [--out packages/encoders/src/__fixtures__]

Needs torch and safetensors. Written from the paper (Zhou et al., "Omni-Scale Feature Learning for Person Re-Identification", 2019) and the
names of torchreid's checkpoints. Same form and tolerances as goldens/models (see goldens/README.md); family `osnet`.
"""
import argparse
import json
import os
import sys

import torch
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "goldens", "make"))
from models_common import Spec, produce, rand  # noqa: E402


class ConvNorm(nn.Module):
    def __init__(self, inputs, outputs, size=1, stride=1, linear=False, instance=False):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)
        self.bn = nn.InstanceNorm2d(outputs, affine=True) if instance else nn.BatchNorm2d(outputs)
        self.linear = linear

    def forward(self, x):
        y = self.bn(self.conv(x))
        return y if self.linear else y.relu()


class Light(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 1, bias=False)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False)
        self.bn = nn.BatchNorm2d(width)

    def forward(self, x):
        return self.bn(self.conv2(self.conv1(x))).relu()


class Gate(nn.Module):
    def __init__(self, width):
        super().__init__()
        hidden = max(1, width // 16)
        self.fc1, self.fc2 = nn.Conv2d(width, hidden, 1), nn.Conv2d(hidden, width, 1)

    def forward(self, x):
        return x * self.fc2(self.fc1(x.mean((2, 3), keepdim=True)).relu()).sigmoid()


class Block(nn.Module):
    def __init__(self, inputs, outputs, instance):
        super().__init__()
        width = outputs // 4
        self.conv1, self.conv2a = ConvNorm(inputs, width), Light(width)
        for name, count in (("b", 2), ("c", 3), ("d", 4)):
            setattr(self, f"conv2{name}", nn.Sequential(*[Light(width) for _ in range(count)]))
        self.gate, self.conv3 = Gate(width), ConvNorm(width, outputs, linear=True)
        self.downsample = ConvNorm(inputs, outputs, linear=True) if inputs != outputs else None
        self.IN = nn.InstanceNorm2d(outputs, affine=True) if instance else None

    def forward(self, x):
        y = self.conv1(x)
        streams = sum(self.gate(stream(y)) for stream in (self.conv2a, self.conv2b, self.conv2c, self.conv2d))
        out = self.conv3(streams) + (x if self.downsample is None else self.downsample(x))
        return (out if self.IN is None else self.IN(out)).relu()


class Network(nn.Module):
    def __init__(self, c):
        super().__init__()
        channels, layers, instance = c["channels"], c["layers"], c["ibn"]
        self.conv1 = ConvNorm(3, channels[0], 7, 2, instance=instance)
        for stage in range(3):
            before, after = channels[stage], channels[stage + 1]
            parts = [Block(before if i == 0 else after, after, instance and stage == 0) for i in range(layers[stage])]
            if stage < 2:
                parts.append(nn.Sequential(ConvNorm(after, after), nn.AvgPool2d(2, 2)))
            setattr(self, f"conv{stage + 2}", nn.Sequential(*parts))
        self.conv5 = ConvNorm(channels[3], channels[3])

    def forward(self, x):
        x = nn.functional.max_pool2d(self.conv1(x), 3, 2, 1)
        return self.conv5(self.conv4(self.conv3(self.conv2(x))))


def build(cfg, _refs):
    def statistics(m):
        return {f"after.{name}": value for name, value in m.named_buffers() if not name.endswith("num_batches_tracked")}

    return Spec(
        Network(cfg),
        lambda g: {"image": rand(g, cfg["batch"], 3, cfg["height"], cfg["width"])},
        lambda m, i: {"map": m(i["image"])},
        ["map"],
        ["image"],
        mode=cfg["mode"],
        after=statistics if cfg["mode"] == "train" else None,
        what=f"omni-scale network ({cfg['mode']} mode)" + (", instance norm in stem and first stage" if cfg["ibn"] else ""),
        source=f"torch {torch.__version__}; plain PyTorch in tools/make-osnet-golden.py",
        notes="out/map is [B, C, h, w] after conv5. out/after.* are running statistics after the step: the variance takes n/(n-1) of the batch's own. "
        "A gate is shared by the four streams of its block; its hidden width is a sixteenth of theirs, at least 1. Counters of batches may be ignored.",
    )


BASE = dict(channels=[4, 8, 12, 16], layers=[1, 1, 1], ibn=False, batch=3, height=48, width=40, mode="train")
CASES = [("train", 101, {}), ("eval", 102, {"mode": "eval", "layers": [1, 2, 1], "height": 56}), ("ibn-train", 103, {"ibn": True, "batch": 2, "channels": [4, 12, 8, 16]})]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=os.path.join(HERE, "..", "packages", "encoders", "src", "__fixtures__"))
    out = parser.parse_args().out
    for variant, seed, options in CASES:
        produce("osnet", build, dict(BASE, **options), seed, out, "", variant)
        path = os.path.join(out, f"osnet-{variant}.json")
        with open(path) as f:
            case = json.load(f)
        case["family"] = "osnet"
        case["tolerance"]["compare"] = "element"
        with open(path, "w") as f:
            json.dump(case, f, indent=1)
            f.write("\n")


main()
