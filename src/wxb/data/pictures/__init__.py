"""Folders of pictures: their layout, decoding and the cache of decoded pictures."""
