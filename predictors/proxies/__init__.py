"""Zero-cost proxies, in files by what they look at: the size of a network, or its gradients."""
