"""One file per predictor: a model that learns scores from encoded architectures."""
