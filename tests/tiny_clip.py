"""A tiny CLIP of the tests' own: two small towers that are taught, in seconds, what drawn shapes
are called. No weights of that kind ship, nor can tests fetch any.
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import torch
import transformers
from PIL import Image, ImageDraw
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

COLOURS = {
    "red": (220, 30, 30),
    "green": (20, 150, 50),
    "blue": (40, 60, 220),
    "yellow": (240, 220, 40),
}
SHAPES = ("circle", "square", "stripes", "cross")
SIDE, STEPS, ROWS = 32, 80, 24
_START, _END = "<|startoftext|>", "<|endoftext|>"
_ASKED = ("a {} {}", "{} {}", "the {} {}", "a picture of a {} {}", "a drawing of the {} {}")


def drawn(
    colour: str, shape: str, size: tuple[int, int] = (SIDE, SIDE), *, chance: random.Random
) -> Image.Image:
    """A shape of a colour somewhere on paper that is nearly white."""
    paper = tuple(chance.randint(225, 255) for _ in range(3))
    image = Image.new("RGB", size, paper)
    least = min(size)
    radius = round(least * chance.uniform(0.36, 0.46))
    x, y = (each // 2 + chance.randint(-1, 1) * least // 32 for each in size)
    fill = tuple(max(0, min(255, each + chance.randint(-25, 25))) for each in COLOURS[colour])
    pen, box = ImageDraw.Draw(image), (x - radius, y - radius, x + radius, y + radius)
    if shape == "circle":
        pen.ellipse(box, fill)
    elif shape == "square":
        pen.rectangle(box, fill)
    elif shape == "stripes":
        for step in range(-4, 4, 2):
            top = y + radius * step // 4
            pen.rectangle((x - radius, top, x + radius, top + radius // 4), fill)
    else:
        third = radius // 3
        pen.rectangle((x - third, y - radius, x + third, y + radius), fill)
        pen.rectangle((x - radius, y - third, x + radius, y + third), fill)
    return image


def tokenizer() -> Tokenizer:
    """A piece a word."""
    words = ["a", "the", "of", "picture", "drawing", *COLOURS, *SHAPES]
    vocabulary = {word: n for n, word in enumerate([_START, _END, "<unk>", *words])}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single=f"{_START} $A {_END}", special_tokens=[(_START, 0), (_END, 1)]
    )
    return made


def clip_folder(folder: Path, *, steps: int = STEPS) -> Path:
    """Write the folder of a CLIP, as transformers saves one, that knows the shapes."""
    torch.manual_seed(3)
    chance = random.Random(3)
    words = tokenizer()
    shape = {"hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 4}
    config = transformers.CLIPConfig(
        text_config={
            **shape,
            "vocab_size": words.get_vocab_size(),
            "num_hidden_layers": 1,
            "max_position_embeddings": 16,
            "bos_token_id": 0,
            "eos_token_id": 1,
            "pad_token_id": 1,
        },
        vision_config={**shape, "num_hidden_layers": 2, "image_size": SIDE, "patch_size": 8},
        projection_dim=48,
    )
    model = transformers.CLIPModel(config)
    prepare = transformers.models.clip.image_processing_pil_clip.CLIPImageProcessorPil(
        size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}
    )
    words.enable_padding(length=16, pad_id=1, pad_token=_END)
    names = [(colour, form) for colour in COLOURS for form in SHAPES]
    learning = torch.optim.AdamW(model.parameters(), lr=2e-3)
    planned = torch.optim.lr_scheduler.OneCycleLR(learning, 2e-3, total_steps=max(steps, 1))
    for _ in range(steps):
        some = [chance.choice(names) for _ in range(ROWS)]
        told = [words.encode(chance.choice(_ASKED).format(*each)).ids for each in some]
        seen = [np.asarray(drawn(*each, chance=chance)) for each in some]
        made = model(input_ids=torch.tensor(told), **prepare(images=seen, return_tensors="pt"))
        # What is called the same is the same, wherever in the batch it stands.
        alike = torch.tensor([[float(a == b) for b in some] for a in some])
        alike = alike / alike.sum(dim=1, keepdim=True)
        loss = sum(
            -(alike * each.log_softmax(dim=1)).sum(dim=1).mean()
            for each in (made.logits_per_image, made.logits_per_text)
        )
        learning.zero_grad()
        loss.backward()
        learning.step()
        planned.step()
    model.save_pretrained(str(folder))
    prepare.save_pretrained(str(folder))
    words.no_padding()
    words.save(str(folder / "tokenizer.json"))
    return folder


def siglip_folder(folder: Path) -> Path:
    """Write the folder of a SigLIP, which knows nothing."""
    torch.manual_seed(4)
    words = tokenizer()
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 2}
    ends = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    size = {"vocab_size": words.get_vocab_size(), "max_position_embeddings": 16}
    config = transformers.SiglipConfig(
        text_config={**shape, **ends, **size, "num_hidden_layers": 1, "projection_size": 32},
        vision_config={**shape, "num_hidden_layers": 1, "image_size": SIDE, "patch_size": 8},
    )
    transformers.SiglipModel(config).save_pretrained(str(folder))
    prepare = transformers.models.siglip.image_processing_pil_siglip.SiglipImageProcessorPil(
        size={"height": SIDE, "width": SIDE}
    )
    prepare.save_pretrained(str(folder))
    words.save(str(folder / "tokenizer.json"))
    return folder
