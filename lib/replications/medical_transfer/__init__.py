"""What pre-training on CT is worth on 87 data sets for segmentation, and whether that turns with their size."""
