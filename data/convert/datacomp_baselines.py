"""The scores of DataComp's filtering baselines, as the paper prints them."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SCORE = {"unit": "share", "min": 0, "max": 1}
SOURCE = {
    "title": "Printed scores of DataComp's filtering baselines: Tables 25 to 28, four scales of compute",
    "paper": "Gadre, Ilharco, Fang et al. (2023), DataComp: In search of the next generation of multimodal datasets",
    "arxiv": "2304.14108",
    "repository": "mlfoundations/datacomp",
    "commit": "60f2bcce8321fc62b390738464ca8992b941c012",
    "licence": "none stated where it was read (the figures only, with attribution)",
    "how_obtained": "typed from the paper's text, no file upstream; names of filters made the same in all four tables; families are ours",
    "columns": {
        "scale": {
            "unit": "name",
            "about": "small, medium, large or xlarge: pool and samples seen grow tenfold each; the model grows from large on",
        },
        "filter": {
            "unit": "name",
            "about": "how pairs were chosen from the pool, in the paper's words, shortened",
        },
        "family": {"unit": "name", "about": "ours: filters that differ in a threshold or a parameter only"},
        "n_pairs": {"unit": "image-text pairs", "about": "pairs kept, as printed", "min": 1e5, "max": 2e10},
        "imagenet": SCORE | {"about": "top-1 accuracy on ImageNet, without training on it"},
        "shifts": SCORE | {"about": "mean over six shifted versions of ImageNet"},
        "vtab": SCORE | {"about": "mean over tasks of VTAB"},
        "retrieval": SCORE | {"about": "mean over three retrieval tasks"},
        "average": SCORE | {"about": "mean over all 38 tasks of each one's own metric"},
    },
}
UPSTREAM: list[Upstream] = []
#: Beginnings of names, and the family they are put into; the first that fits.
FAMILIES = {
    "No filtering": "random",
    "Random": "random",
    "Caption": "basic",
    "Image size": "basic",
    "English": "basic",
    "B32 and English": "CLIP B/32",
    "B32": "CLIP B/32",
    "L14": "CLIP L/14",
    "Image clusters and": "intersection",
    "Image clusters": "image clusters",
    "Image sampling": "image sampling",
    "ImageNet distance": "ImageNet distance",
    "Text clusters": "text clusters",
    "Text sampling": "text sampling",
}
#: Pairs kept, five scores in thousandths (ImageNet, shifts, VTAB, retrieval, average), name.
SMALL = """
12.8M 25 33 145 114 133 No filtering
9.6M 28 37 153 110 140 Random 75%
6.4M 27 37 147 111 137 Random 50%
3.2M 22 32 130 99 126 Random 25%
1.3M 10 18 116 77 103 Random 10%
128K 2 5 95 49 78 Random 1%
8.7M 34 40 148 109 143 Caption length
7.8M 27 36 154 119 138 Image size
6.3M 38 45 164 124 154 English (fasttext)
4.8M 41 48 159 123 154 English (fasttext), caption
3.0M 38 43 150 118 142 English (fasttext), caption, image size
2.6M 32 39 143 111 142 English (cld3)
2.3M 31 38 153 111 142 English (cld3), caption
1.5M 23 30 154 92 141 English (cld3), caption, image size
129K 3 7 114 50 86 B32 top 1%
384K 6 14 104 55 89 B32 top 3%
1.3M 26 35 147 83 126 B32 top 10%
2.6M 51 56 173 114 161 B32 top 20%
3.8M 45 52 180 120 167 B32 top 30%
5.1M 52 57 173 123 167 B32 top 40%
6.4M 47 53 174 124 165 B32 top 50%
9.6M 33 43 161 121 151 B32 top 75%
11.5M 28 39 140 114 136 B32 top 90%
942K 22 32 138 77 122 B32 and English, from 0.3
1.3M 31 40 136 92 133 B32 and English, from 0.28
2.6M 52 56 166 114 161 B32 from 0.3
3.7M 53 58 185 113 170 B32 1% to 30%
3.6M 56 59 173 120 161 B32 2% to 30%
3.2M 52 55 177 115 169 B32 5% to 30%
128K 2 7 111 50 80 L14 top 1%
386K 4 9 110 52 88 L14 top 3%
1.3M 21 33 131 75 119 L14 top 10%
2.6M 42 51 165 100 151 L14 top 20%
3.8M 51 55 190 119 173 L14 top 30%
5.1M 50 54 173 119 168 L14 top 40%
6.4M 45 52 164 122 160 L14 top 50%
9.6M 35 43 164 120 151 L14 top 75%
11.5M 31 38 154 116 144 L14 top 90%
2.9M 43 47 178 121 159 Image clusters (1k)
4.5M 35 45 154 122 148 Image clusters (21k)
12.8M 19 30 144 95 127 Image sampling 0
12.8M 31 36 133 100 131 Image sampling 0.2
12.8M 32 38 129 96 125 Image sampling 0.5
12.8M 21 28 128 78 116 Image sampling 1
12.8M 11 17 116 65 99 Image sampling 2
2.0M 31 39 163 103 145 ImageNet distance 30%, English
2.6M 30 35 155 102 136 ImageNet distance 20%
3.9M 34 41 151 106 139 ImageNet distance 30%
5.1M 36 40 151 118 143 ImageNet distance 40%
427K 9 16 120 56 96 Text clusters (1k)
3.2M 46 52 169 125 157 Text clusters (21k)
12.8M 11 20 128 79 112 Text sampling, average, 0
12.8M 23 35 127 92 128 Text sampling, average, 0.5
12.8M 40 44 163 115 155 Text sampling, average, 1
12.8M 38 45 150 112 143 Text sampling, average, 1.2
12.8M 12 20 126 74 107 Text sampling, max, 0
12.8M 25 33 134 93 129 Text sampling, max, 0.5
12.8M 40 46 159 116 150 Text sampling, max, 1
12.8M 40 50 161 113 152 Text sampling, max, 1.2
1.4M 49 53 150 103 148 Image clusters and B32 (1k)
1.4M 39 45 162 94 145 Image clusters and L14 (1k)
2.1M 52 57 179 112 167 Image clusters and B32 (21k)
2.1M 47 53 176 110 163 Image clusters and L14 (21k)
"""
MEDIUM = """
128M 176 152 259 219 258 No filtering
96.0M 175 154 265 219 257 Random 75%
64.0M 171 151 258 216 252 Random 50%
32.0M 155 136 246 203 240 Random 25%
12.8M 107 95 210 144 200 Random 10%
1.3M 9 17 102 65 90 Random 1%
87.5M 199 172 275 236 275 Caption length
77.8M 189 163 248 231 259 Image size
63.0M 214 182 290 246 285 English (fasttext)
47.8M 226 193 284 251 285 English (fasttext), caption
29.8M 226 193 297 253 294 English (fasttext), caption, image size
25.6M 200 175 296 235 279 English (cld3)
22.9M 204 175 287 243 278 English (cld3), caption
14.6M 179 159 243 216 247 English (cld3), caption, image size
1.3M 25 37 140 76 126 B32 top 1%
3.9M 93 96 205 128 188 B32 top 3%
12.8M 231 199 305 206 298 B32 top 10%
25.7M 279 234 337 241 330 B32 top 20%
38.4M 285 240 355 253 338 B32 top 30%
51.3M 273 227 333 257 324 B32 top 40%
64.0M 256 219 322 259 316 B32 top 50%
96.1M 211 180 301 238 290 B32 top 75%
115M 189 165 279 229 274 B32 top 90%
9.4M 208 184 292 210 276 B32 and English, from 0.3
13.0M 230 198 307 233 292 B32 and English, from 0.28
25.9M 282 233 340 243 333 B32 from 0.3
37.1M 287 238 347 253 334 B32 1% to 30%
35.9M 288 238 338 248 330 B32 2% to 30%
32.0M 281 230 352 254 339 B32 5% to 30%
1.3M 14 25 136 62 109 L14 top 1%
3.9M 65 77 176 103 160 L14 top 3%
12.8M 198 183 283 188 277 L14 top 10%
25.7M 260 225 326 235 322 L14 top 20%
38.4M 273 230 338 251 328 L14 top 30%
51.2M 262 226 330 260 327 L14 top 40%
64.1M 254 218 322 262 315 L14 top 50%
96.1M 212 180 287 242 285 L14 top 75%
115M 188 164 258 225 266 L14 top 90%
29.2M 268 213 319 256 312 Image clusters (1k)
45.1M 238 198 304 252 312 Image clusters (21k)
128M 170 150 266 209 254 Image sampling 0
128M 249 193 292 221 284 Image sampling 0.2
128M 269 196 301 216 284 Image sampling 0.5
128M 207 145 264 166 239 Image sampling 1
128M 118 82 207 110 180 Image sampling 2
19.8M 212 158 272 178 259 ImageNet distance 30%, English
25.8M 193 138 276 176 252 ImageNet distance 20%
38.5M 212 159 283 201 269 ImageNet distance 30%
51.3M 212 165 273 212 270 ImageNet distance 40%
4.3M 99 90 173 109 166 Text clusters (1k)
31.7M 255 215 328 249 307 Text clusters (21k)
128M 136 110 213 140 209 Text sampling, average, 0
128M 222 178 273 206 269 Text sampling, average, 0.5
128M 245 204 302 251 293 Text sampling, average, 1
128M 231 200 298 240 289 Text sampling, average, 1.2
128M 140 116 242 138 225 Text sampling, max, 0
128M 229 190 290 205 283 Text sampling, max, 0.5
128M 247 209 300 241 295 Text sampling, max, 1
128M 235 200 298 239 290 Text sampling, max, 1.2
14.2M 305 243 342 250 328 Image clusters and B32 (1k)
14.0M 297 239 346 231 328 Image clusters and L14 (1k)
21.1M 298 244 347 256 336 Image clusters and B32 (21k)
20.8M 290 241 339 244 328 Image clusters and L14 (21k)
"""
LARGE = """
1.28B 459 378 426 419 437 No filtering
960M 456 379 435 415 442 Random 75%
640M 453 377 427 413 433 Random 50%
320M 447 373 424 407 434 Random 25%
128M 426 350 417 396 442 Random 10%
12.8M 135 118 219 135 218 Random 1%
874M 474 392 438 443 445 Caption length
777M 466 375 421 438 429 Image size
630M 500 414 449 460 462 English (fasttext)
298M 516 423 446 480 458 English (fasttext), caption, image size
256M 486 405 462 472 458 English (cld3)
128M 543 440 471 435 483 B32 top 10%
257M 578 465 516 463 515 B32 top 20%
384M 578 466 525 475 527 B32 top 30%
512M 560 454 512 478 511 B32 top 40%
640M 546 450 504 484 505 B32 top 50%
94.3M 553 447 511 482 502 B32 and English, from 0.3
130M 553 453 510 495 501 B32 and English, from 0.28
258M 579 464 501 465 505 B32 from 0.3
128M 528 444 482 413 486 L14 top 10%
257M 570 466 524 455 521 L14 top 20%
384M 578 474 538 466 529 L14 top 30%
512M 564 462 533 468 529 L14 top 40%
641M 548 455 539 469 528 L14 top 50%
294M 572 454 483 481 481 Image clusters (1k)
450M 527 433 468 463 471 Image clusters (21k)
42.7M 419 355 340 309 361 Text clusters (1k)
317M 561 465 465 479 476 Text clusters (21k)
143M 632 498 525 504 528 Image clusters and B32 (1k)
140M 631 508 546 498 537 Image clusters and L14 (1k)
211M 605 481 531 494 519 Image clusters and B32 (21k)
208M 506 416 466 424 471 Image clusters and L14 (21k)
"""
XLARGE = """
12.8B 723 612 611 569 621 No filtering
3.84B 764 640 628 599 638 B32 top 30%
1.3B 755 637 624 620 636 B32 and English, from 0.28
2.56B 761 649 630 575 636 L14 top 20%
3.2B 768 656 621 585 637 L14 top 25%
3.84B 764 655 643 588 650 L14 top 30%
1.38B 792 679 652 608 663 Image clusters and L14 (1k)
"""
UNITS = {"K": 1e3, "M": 1e6, "B": 1e9}


def row(scale, line):
    """One printed line as a row of the table."""
    pairs, *scores, name = line.split(maxsplit=6)
    family = next(family for start, family in FAMILIES.items() if name.startswith(start))
    n_pairs = round(float(pairs[:-1]) * UNITS[pairs[-1]])
    return [scale, name, family, n_pairs, *(int(score) / 1000 for score in scores)]


def convert():
    """One row a scale and filter, in the order of the paper's tables."""
    printed = {"small": SMALL, "medium": MEDIUM, "large": LARGE, "xlarge": XLARGE}
    rows = [row(scale, line) for scale, lines in printed.items() for line in lines.strip().splitlines()]
    return pd.DataFrame(rows, columns=list(SOURCE["columns"]))
