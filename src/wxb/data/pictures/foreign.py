"""What a file is that is not read as a picture: formats told by their first bytes."""

from __future__ import annotations

from pathlib import Path

HEAD = 512  # bytes that are looked at
BRANDS = {  # of ISO base media files, which have "ftyp" at byte 4 and a brand at byte 8
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIC"),
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
    b"crx ": "CR3",
}
BEGINNINGS = (
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"8BPS", "Photoshop"),
    (b"%PDF-", "PDF"),
    (b"%!PS", "PostScript"),
    (b"\0\0\x01\0", "an icon"),
    (b"\x76\x2f\x31\x01", "OpenEXR"),
    (b"FUJIFILMCCD-RAW", "RAF"),
    (b"IIRO", "ORF"),
    (b"IIU\0", "RW2"),
    (b"gimp xcf", "GIMP"),
    (b"PK\x03\x04", "a zip archive"),
)
RAW_SUFFIXES = {".arw", ".cr2", ".cr3", ".dng", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".sr2", ".srw"}


def camera_raw(path: Path, head: bytes) -> str:
    """The name of a camera's raw format, which may look like a TIFF of its preview: "NEF"; "" if it is none."""
    suffix = path.suffix.lower()
    is_tiff = head[:4] in (b"II*\0", b"MM\0*")
    if is_tiff and head[8:10] == b"CR":
        return "CR2"
    return suffix[1:].upper() if is_tiff and suffix in RAW_SUFFIXES else ""


def name_of_format(path: Path, head: bytes) -> str:
    """The name of a format that is no picture that is read: "HEIC", "SVG", "a web page"; "" if it is not known."""
    if head[4:8] == b"ftyp":
        return BRANDS.get(head[8:12], "a video")
    for beginning, name in BEGINNINGS:
        if head.startswith(beginning):
            return name
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"<svg") or (text.startswith((b"<?xml", b"<!doctype svg")) and b"<svg" in text):
        return "SVG"
    if text.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    suffix = path.suffix.lower()
    return suffix[1:].upper() if suffix in RAW_SUFFIXES else ""
