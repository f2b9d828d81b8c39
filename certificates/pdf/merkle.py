"""Merkle trees as in RFC 6962, 2.1: what a proof is, and how anybody checks one with nothing but SHA-256."""

import hashlib
from collections.abc import Callable, Sequence

#: Returns the hash of a complete node, by height and place.
Node = Callable[[int, int], bytes]


def leaf(data: bytes) -> bytes:
    """Return the hash of a leaf (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def parent(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node over two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def subtree(node: Node, start: int, end: int) -> bytes:
    """Return the hash over the leaves from ``start`` to before ``end``, which is not ``start``."""
    size = end - start
    height = size.bit_length() - 1
    if size == 1 << height and start % size == 0:
        return node(height, start >> height)
    middle = start + _largest_power_below(size)
    return parent(subtree(node, start, middle), subtree(node, middle, end))


def root(node: Node, size: int) -> bytes:
    """Return the hash of the whole tree of ``size`` leaves."""
    return subtree(node, 0, size) if size else hashlib.sha256(b"").digest()


def path(node: Node, place: int, size: int) -> list[bytes]:
    """Return the audit path of a leaf, from the leaf up (RFC 6962, 2.1.1)."""
    return _path(node, place, 0, size)


def _path(node: Node, place: int, start: int, end: int) -> list[bytes]:
    if end - start == 1:
        return []
    middle = start + _largest_power_below(end - start)
    if place < middle:
        return [*_path(node, place, start, middle), subtree(node, middle, end)]
    return [*_path(node, place, middle, end), subtree(node, start, middle)]


def holds(leaf_hash: bytes, place: int, size: int, proof: Sequence[bytes], root_hash: bytes) -> bool:
    """Tell whether the proof leads from the leaf to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= place < size:
        return False
    at, last, found = place, size - 1, leaf_hash
    for each in proof:
        if last == 0:
            return False
        if at % 2 or at == last:
            found = parent(each, found)
            while at % 2 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            found = parent(found, each)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root_hash


def _largest_power_below(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1
