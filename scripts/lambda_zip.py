"""Checks the zip of a function: `lambda_zip.py bootstrap.zip`. It is at most 12 MiB, holds an executable `bootstrap` for
x86-64, and asks for no newer glibc than Amazon Linux 2023 has."""

import struct
import sys
import zipfile

MOST_BYTES = 12 * 1024 * 1024
GLIBC = (2, 34)
VERSIONS_NEEDED = 0x6FFFFFFE
X86_64 = 62


def needed(binary):
    """The symbol versions that an ELF file of 64 bits asks its libraries for."""
    if binary[:5] != b"\x7fELF\x02":
        raise SystemExit("bootstrap is no ELF file of 64 bits")
    if struct.unpack_from("<H", binary, 18)[0] != X86_64:
        raise SystemExit("bootstrap is not for x86-64")
    table = struct.unpack_from("<Q", binary, 40)[0]
    size, count = struct.unpack_from("<HH", binary, 58)
    # Of each section: type, offset, link.
    sections = [
        (struct.unpack_from("<I", binary, at + 4)[0], struct.unpack_from("<Q", binary, at + 24)[0], struct.unpack_from("<I", binary, at + 40)[0])
        for at in range(table, table + size * count, size)
    ]
    for kind, offset, link in sections:
        if kind != VERSIONS_NEEDED:
            continue
        names = sections[link][1]
        while True:
            _, versions, _, first, following = struct.unpack_from("<HHIII", binary, offset)
            at = offset + first
            for _ in range(versions):
                _, _, _, name, step = struct.unpack_from("<IHHII", binary, at)
                start = names + name
                yield binary[start : binary.index(b"\0", start)].decode()
                at += step
            if not following:
                break
            offset += following


def main():
    path = sys.argv[1]
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo("bootstrap")
        if not entry.external_attr >> 16 & 0o111:
            raise SystemExit("bootstrap can't be executed")
        binary = archive.read(entry)
        packed = sum(info.compress_size for info in archive.infolist())
    asked = [version for version in needed(binary) if version.startswith("GLIBC_")]
    numbers = [tuple(map(int, version.removeprefix("GLIBC_").split("."))) for version in asked if version[6:7].isdigit()]
    newest = max(numbers, default=(0, 0))
    shown = ".".join(map(str, newest))
    print(f"{path}: {packed / 1048576:.1f} MiB, bootstrap {len(binary) / 1048576:.1f} MiB, glibc {shown}")
    if newest > GLIBC:
        raise SystemExit(f"bootstrap asks for glibc {shown}; Amazon Linux 2023 has 2.34")
    if packed > MOST_BYTES:
        raise SystemExit("the zip has more than 12 MiB")


if __name__ == "__main__":
    main()
