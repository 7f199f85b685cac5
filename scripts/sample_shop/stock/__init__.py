"""Goods in and out."""
