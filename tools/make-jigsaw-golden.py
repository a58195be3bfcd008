"""Reference numbers for encoder/vit-jigsaw: TransReID's jigsaw branch in plain PyTorch, at tiny widths.

    python tools/make-jigsaw-golden.py [--out packages/encoders/src/__fixtures__]

Needs torch and safetensors. Written from the paper (He et al., "TransReID", 2021, section 3.3) and the names of the authors' checkpoints.
Same form and tolerances as goldens/models (see goldens/README.md); family `vit-jigsaw`.
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


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = (t.reshape(b, n, self.heads, d // self.heads).transpose(1, 2) for t in self.qkv(x).split(d, -1))
        weights = (q @ k.transpose(-1, -2) * (d // self.heads) ** -0.5).softmax(-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(b, n, d))


class Mlp(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x):
        return self.fc2(nn.functional.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(width, eps=1e-6), Attention(width, heads)
        self.norm2, self.mlp = nn.LayerNorm(width, eps=1e-6), Mlp(width, hidden)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    def __init__(self, width, patch):
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch, patch)

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)


class Base(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, c["width"]))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + c["grid_h"] * c["grid_w"], c["width"]))
        self.patch_embed = PatchEmbed(c["width"], c["patch"])
        self.blocks = nn.ModuleList([Block(c["width"], c["heads"], c["hidden"]) for _ in range(c["layers"] - 1)])

    def forward(self, image):
        patches = self.patch_embed(image)
        x = torch.cat([self.cls_token.expand(len(image), -1, -1), patches], 1) + self.pos_embed
        for block in self.blocks:
            x = block(x)
        return x


class Jigsaw(nn.Module):
    def __init__(self, c):
        super().__init__()
        branch = lambda: nn.Sequential(Block(c["width"], c["heads"], c["hidden"]), nn.LayerNorm(c["width"], eps=1e-6))
        self.base, self.b1, self.b2, self.c = Base(c), branch(), branch(), c

    def order(self, count):
        """Which patch stands at which place, one index at a time."""
        c = self.c
        if not c["rearrange"]:
            return list(range(count))
        moved = [(i + c["shift"] - 1) % count for i in range(count)]
        if count % c["shuffles"]:
            moved.append(moved[-2])
        size = len(moved) // c["shuffles"]
        return [moved[turn + stripe * size] for turn in range(size) for stripe in range(c["shuffles"])]

    def forward(self, image):
        x = self.base(image)
        whole = self.b1(x)
        token, patches = x[:, :1], x[:, 1:]
        order, length = self.order(patches.shape[1]), patches.shape[1] // self.c["parts"]
        parts = []
        for part in range(self.c["parts"]):
            own = patches[:, order[part * length : (part + 1) * length]]
            parts.append(self.b2(torch.cat([token, own], 1))[:, 0])
        return {"cls": whole[:, 0], "patches": whole[:, 1:], "parts": torch.stack(parts, 1), "tokens_before_last_block": x}


def build(cfg, _refs):
    return Spec(
        Jigsaw(cfg),
        lambda g: {"image": rand(g, cfg["batch"], 3, cfg["grid_h"] * cfg["patch"], cfg["grid_w"] * cfg["patch"])},
        lambda m, i: m(i["image"]),
        ["cls", "patches", "parts"],
        ["image"],
        what="vision transformer with the jigsaw branch of TransReID",
        source=f"torch {torch.__version__}; plain PyTorch in tools/make-jigsaw-golden.py",
        notes="Patches move by shift - 1, are dealt out in turns from `shuffles` stripes and cut into `parts` groups; where their number is uneven the last but one "
        "is taken twice. base has all layers but the last; b1 is last layer and norm for all tokens, b2 for the class token with each group.",
    )


BASE = dict(batch=2, width=12, heads=3, hidden=18, layers=3, patch=3, grid_h=4, grid_w=3, parts=4, rearrange=True, shift=5, shuffles=2)
CASES = [("", 91, {}), ("uneven", 92, {"grid_h": 5, "parts": 2, "shift": 3, "layers": 2}), ("stripes", 93, {"rearrange": False, "parts": 3, "layers": 2})]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=os.path.join(HERE, "..", "packages", "encoders", "src", "__fixtures__"))
    out = parser.parse_args().out
    for variant, seed, options in CASES:
        produce("vit-jigsaw", build, dict(BASE, **options), seed, out, "", variant)
        path = os.path.join(out, "vit-jigsaw" + (f"-{variant}" if variant else "") + ".json")
        with open(path) as f:
            case = json.load(f)
        case["family"] = "vit-jigsaw"
        case["tolerance"]["compare"] = "element"
        with open(path, "w") as f:
            json.dump(case, f, indent=1)
            f.write("\n")


main()
