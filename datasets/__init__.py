"""nasbench-forge: images in, arrays and tensors out; knows no architecture."""
