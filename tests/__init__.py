"""Tests: contracts of the extensions, rules of the house, golden numbers, benchmarks."""
