"""What Python makes of inputs, for comparison: oracle.py json|path FILE

FILE has an input in hexadecimal on each line. Prints a line for each: `refused`, or what it means in one spelling.
"""

import json
import math
import string
import struct
import sys
import urllib.parse

UNRESERVED = (string.ascii_letters + string.digits + "-._~").encode()
PATH_BYTES = UNRESERVED + b"/!$&'()*+,;=:@"


def members(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a member twice")
    return dict(pairs)


def refuse(name):
    raise ValueError(name)


def meaning(value):
    if value is None:
        return "n"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, (int, float)):
        number = float(value)
        if math.isinf(number):
            raise ValueError("beyond a double")
        return "d" + struct.pack(">d", number or 0.0).hex()
    if isinstance(value, str):
        # Half of a pair has no bytes.
        return "s" + value.encode().hex()
    if isinstance(value, list):
        return "[" + ",".join(map(meaning, value)) + "]"
    return "{" + ",".join(f"{name.encode().hex()}:{meaning(member)}" for name, member in value.items()) + "}"


def read_json(data):
    # Bytes would be taken for UTF-16 as well.
    return meaning(json.loads(data.decode(), object_pairs_hook=members, parse_constant=refuse))


def read_path(data):
    path, question, query = data.partition(b"?")
    if not path.startswith(b"/"):
        raise ValueError("not absolute")
    if any(byte <= 0x20 or byte >= 0x7F or byte == 0x23 for byte in query):
        raise ValueError("a byte of the query")
    for index, byte in enumerate(path):
        if byte == 0x25 and not (len(digits := path[index + 1:index + 3]) == 2 and all(d in b"0123456789abcdefABCDEF" for d in digits)):
            raise ValueError("a broken escape")
        if byte != 0x25 and byte not in PATH_BYTES:
            raise ValueError("a byte of the path")
    segments = []
    for segment in path.split(b"/"):
        plain = urllib.parse.unquote_to_bytes(segment)
        # Servers that know parameters of segments take them off.
        if plain.split(b";")[0] in (b".", b"..") or any(byte < 0x20 or byte in b"\x7f/\\" for byte in plain):
            raise ValueError("a segment")
        # A reserved character is written as it was: it may mean something else once escaped.
        written, index = b"", 0
        while index < len(segment):
            if segment[index] == 0x25:
                byte = int(segment[index + 1:index + 3], 16)
                written += bytes([byte]) if byte in UNRESERVED else b"%%%02X" % byte
                index += 3
            else:
                written += segment[index:index + 1]
                index += 1
        if urllib.parse.unquote_to_bytes(written) != plain:
            raise ValueError("no sense")
        segments.append(written)
    kept = [segment for index, segment in enumerate(segments) if segment or index in (0, len(segments) - 1)]
    canonical = b"/".join(kept) if len(kept) > 1 else b"/"
    return (canonical + question + query).decode()


def main():
    what, file = sys.argv[1:]
    read = {"json": read_json, "path": read_path}[what]
    with open(file, encoding="ascii") as inputs:
        for line in inputs.read().split("\n"):
            try:
                print(read(bytes.fromhex(line)))
            except (ValueError, RecursionError):
                print("refused")


if __name__ == "__main__":
    main()
