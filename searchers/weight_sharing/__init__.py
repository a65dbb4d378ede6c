"""What one-shot searchers share: the supernet in training, gradients of architectures, runs that go on, records."""
