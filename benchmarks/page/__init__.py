"""What the page takes: time, bytes and memory, and how it answers requests that nobody should make."""
