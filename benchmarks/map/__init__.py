"""Figures of the kinds of learning beside labelled pictures and numbers."""
