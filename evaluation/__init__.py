"""Offline evaluation: metrics, protocols, baselines, reports; one implementation for all models."""
