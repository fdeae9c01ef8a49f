"""Width and depth beside size: the derivatives of the law, and how its figure is drawn."""
