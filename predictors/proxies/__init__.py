"""Zero-cost proxies, in files by what they look at: size, flow through weights, gradients, activations."""
