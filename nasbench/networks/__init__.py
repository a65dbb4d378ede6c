"""From a plan to a torch module: operations, and the network that runs them in order."""
