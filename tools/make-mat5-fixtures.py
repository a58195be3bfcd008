"""Makes packages/datasets/src/files/__fixtures__/mat5-*.mat with scipy, and one big-endian file, which scipy reads back.

    python tools/make-mat5-fixtures.py

needs numpy and scipy. Values are those that packages/datasets/src/files/mat5.test.ts expects.
"""

import io
import pathlib
import struct

import numpy as np
from scipy.io import loadmat, savemat
from scipy.sparse import csc_matrix

OUT = pathlib.Path(__file__).parent.parent / "packages/datasets/src/files/__fixtures__"
HEAD = b"MATLAB 5.0 MAT-file, made by tools/make-mat5-fixtures.py"


def variables():
    kinds = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]
    out = {"n_" + kind: np.arange(6).reshape(2, 3).astype(kind) * 10 for kind in kinds}
    names = np.empty((2, 2), dtype=object)
    names[:] = [["a.jpg", np.array([[1.5, -2.5]])], ["\u5b57", np.zeros((0, 0))]]
    nested = np.empty((1, 2), dtype=[("name", object), ("inner", object)])
    nested[0, 0] = ("p1", {"box": np.array([[1, 2, 3, 4]], "u1"), "deep": {"x": 7.0}})
    nested[0, 1] = ("p2", {"box": np.zeros((1, 0)), "deep": {"x": 8.0}})
    out.update(
        cube=np.arange(24, dtype="f8").reshape(2, 3, 4),
        complex=np.array([[1 + 2j, 3 - 4j]]),
        truth=np.array([[True, False, True]]),
        text="one row",
        rows=np.array(["abc", "de "]),
        empty=np.zeros((0, 3)),
        large=np.arange(2000, dtype="f8").reshape(40, 50),
        cells=names,
        nested=nested,
        sparse=csc_matrix(np.eye(3)),
    )
    return out


def save(name, compress):
    buffer = io.BytesIO()
    savemat(buffer, variables(), do_compression=compress, oned_as="row")
    (OUT / name).write_bytes(HEAD.ljust(116) + buffer.getvalue()[116:])  # scipy writes the time of day into the header


def element(kind, payload):
    return struct.pack(">II", kind, len(payload)) + payload.ljust((len(payload) + 7) // 8 * 8, b"\0")


def big_endian():
    def matrix(number, shape, name, payload):
        head = element(6, struct.pack(">II", number, 0)) + element(5, struct.pack(">2i", *shape)) + element(1, name)
        return element(14, head + payload)

    body = matrix(6, (2, 2), b"doubles", element(9, struct.pack(">4d", 1, 2, 3.5, -4)))
    body += matrix(11, (1, 3), b"shorts", element(4, struct.pack(">3H", 1, 256, 65535)))
    body += matrix(6, (1, 3), b"small", struct.pack(">HH", 3, 2) + bytes([7, 8, 9, 0]))  # three bytes inside the tag
    body += matrix(4, (1, 2), b"text", element(17, "hi".encode("utf-16-be")))
    blob = HEAD.ljust(116) + b"\0" * 8 + struct.pack(">H", 0x0100) + b"MI" + body
    (OUT / "mat5-big-endian.mat").write_bytes(blob)
    back = loadmat(io.BytesIO(blob))
    assert back["doubles"].tolist() == [[1, 3.5], [2, -4]] and back["shorts"].tolist() == [[1, 256, 65535]]
    assert back["small"].tolist() == [[7, 8, 9]] and back["text"].tolist() == ["hi"]


OUT.mkdir(exist_ok=True)
save("mat5-plain.mat", False)
save("mat5-compressed.mat", True)
big_endian()
