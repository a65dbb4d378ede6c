"""One figure a file: ``compute_*`` returns its numbers, ``draw_*`` draws them."""
