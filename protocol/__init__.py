"""What is on the wire: pure data and codecs. Knows nobody."""
