"""Over-trained runs and exams: how the two figures are drawn."""
