"""Reference numbers for encoder/resnet, from torchvision's own blocks at tiny widths.

    python tools/make-resnet-golden.py [--out packages/encoders/src/__fixtures__]

Needs torch, torchvision and safetensors. Same form and tolerances as goldens/models (see goldens/README.md); family `resnet`.
"""
import argparse
import json
import os
import sys

import torch
import torchvision
from torch import nn
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "goldens", "make"))
from models_common import Spec, produce, rand  # noqa: E402


class InstanceBatchNorm(nn.Module):
    """IBN-a: instance norm for the first half of the channels, batch norm for the rest, under the authors' names IN and BN."""

    def __init__(self, planes):
        super().__init__()
        self.half = planes // 2
        self.IN = nn.InstanceNorm2d(self.half, affine=True)
        self.BN = nn.BatchNorm2d(planes - self.half)

    def forward(self, x):
        return torch.cat([self.IN(x[:, : self.half].contiguous()), self.BN(x[:, self.half :].contiguous())], 1)


class SmallResNet(ResNet):
    """torchvision's ResNet with any number of planes; stages are made by its own `_make_layer`."""

    def __init__(self, block, layers, planes, last_stride, ibn):
        nn.Module.__init__(self)
        self._norm_layer = nn.BatchNorm2d
        self.inplanes, self.dilation, self.groups, self.base_width = planes, 1, 1, 64
        self.conv1 = nn.Conv2d(3, planes, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        strides = (1, 2, 2, last_stride)
        for i, (count, stride) in enumerate(zip(layers, strides)):
            stage = self._make_layer(block, planes * 2**i, count, stride=stride)
            if ibn and i < 3:
                for b in stage:
                    b.bn1 = InstanceBatchNorm(planes * 2**i)
            setattr(self, f"layer{i + 1}", stage)

    def features(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


def build(cfg, _refs):
    block = {"basic": BasicBlock, "bottleneck": Bottleneck}[cfg["block"]]
    model = SmallResNet(block, cfg["layers"], cfg["planes"], cfg["last_stride"], cfg["ibn"])

    def statistics(m):
        return {f"after.{name}": value for name, value in m.named_buffers() if not name.endswith("num_batches_tracked")}

    return Spec(
        model,
        lambda g: {"image": rand(g, cfg["batch"], 3, cfg["height"], cfg["width"])},
        lambda m, i: {"map": m.features(i["image"])},
        ["map"],
        ["image"],
        mode=cfg["mode"],
        after=statistics if cfg["mode"] == "train" else None,
        what=f"residual network of {cfg['block']} blocks ({cfg['mode']} mode), last stride {cfg['last_stride']}" + (", IBN-a" if cfg["ibn"] else ""),
        source=f"torch {torch.__version__}; torchvision {torchvision.__version__} models/resnet.py blocks and _make_layer"
        + ("; IBN-a restated in tools/make-resnet-golden.py" if cfg["ibn"] else ""),
        notes="out/map is [B, C, h, w] after the last stage. out/after.* are running statistics after the step: the variance takes n/(n-1) of the batch's own. "
        "The counters num_batches_tracked are stored and may be ignored.",
    )


BASE = dict(block="basic", layers=[1, 2, 1, 1], planes=2, last_stride=1, ibn=False, batch=3, height=40, width=24, mode="train")
CASES = [
    ("train", 81, {}),
    ("eval", 82, {"mode": "eval", "last_stride": 2, "layers": [1, 1, 2, 1]}),
    ("bottleneck-ibn-train", 83, {"block": "bottleneck", "layers": [1, 1, 1, 1], "ibn": True, "planes": 3, "batch": 2, "width": 32}),
]


def write_names(out):
    """Names and shapes of torchvision's networks, without the classifier: proof that the full sizes load."""
    made = {f"resnet{n}": getattr(torchvision.models, f"resnet{n}")() for n in (18, 34, 50)}
    shapes = {
        name: {key: list(value.shape) for key, value in model.state_dict().items() if not key.startswith("fc.") and not key.endswith("num_batches_tracked")}
        for name, model in made.items()
    }
    with open(os.path.join(out, "torchvision-resnet-names.json"), "w") as f:
        rows = ",\n".join(f' "{name}": {json.dumps(keys, separators=(",", ":"))}' for name, keys in shapes.items())
        f.write("{\n" + rows + "\n}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=os.path.join(HERE, "..", "packages", "encoders", "src", "__fixtures__"))
    out = parser.parse_args().out
    for variant, seed, options in CASES:
        produce("resnet", build, dict(BASE, **options), seed, out, "", variant)
        path = os.path.join(out, f"resnet-{variant}.json")
        with open(path) as f:
            case = json.load(f)
        case["family"] = "resnet"
        case["tolerance"]["compare"] = "element"
        with open(path, "w") as f:
            json.dump(case, f, indent=1)
            f.write("\n")
    write_names(out)


main()
