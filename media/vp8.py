"""The VP8 payload descriptor, as far as a forwarder needs it (RFC 7741, 4.2 and 4.3)."""


def starts_key_frame(data: bytes, start: int, end: int) -> bool:
    """Whether the payload `data[start:end]` is the first packet of a key frame.

    S (start of partition) with partition 0, then the frame header's inverted key frame bit.
    """
    if end - start < 2 or data[start] & 0x17 != 0x10:  # S = 1, PID = 0
        return False
    at = start + 1
    if data[start] & 0x80:  # X: extension octet
        flags = data[at]
        at += 1
        if flags & 0x80:  # I: picture id of 7 or 15 bits
            at += 2 if at < end and data[at] & 0x80 else 1
        if flags & 0x40:  # L: TL0PICIDX
            at += 1
        if flags & 0x30:  # T or K: one octet for both
            at += 1
    return at < end and not data[at] & 0x01
