"""What the figures of Cherti et al. (2023) print beside the lines: factor and exponent."""

from __future__ import annotations

#: Task, and whose models -> factor and exponent of the error (a share) in compute (1e9 multiply-adds).
#: Read in the figures of cell 4 of the authors' figures.ipynb.
PRINTED = {
    ("imagenet", "laion"): (5.86, -0.11),
    ("imagenet", "openai"): (23.18, -0.16),
    ("robustness", "laion"): (11.61, -0.13),
    ("robustness", "openai"): (211.66, -0.24),
    ("coco", "laion"): (2.75, -0.08),
    ("coco", "openai"): (1.59, -0.05),
    ("flickr", "laion"): (15.51, -0.19),
    ("flickr", "openai"): (2.21, -0.10),
}
