"""Hostile picture files: what a header says, what may be decoded, and the decoding itself.

One file per format reads the header without decoding a pixel and hands on *clean* bytes: the same picture
without metadata, comments, previews and trailing data, so that no decoder ever meets them.
"""
