"""Tests scripts/fetch-mnist on a tiny data set of the same layout, without a network."""
import contextlib
import gzip
import hashlib
import importlib.machinery
import importlib.util
import io
import pathlib
import pickle
import struct
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "fetch-mnist"


def load_script():
    loader = importlib.machinery.SourceFileLoader("fetch_mnist", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("fetch_mnist", loader))
    loader.exec_module(module)
    return module


# Stand-ins for numpy's classes, pickled under numpy's names as a real array is.
class FakeArray:
    def __init__(self, shape, data):
        self.shape, self.data = shape, data


class NumpyPickler(pickle._Pickler):  # pylint: disable=protected-access
    """Writes a FakeArray byte for byte as Python 2 and numpy 1 wrote an ndarray."""

    dispatch = dict(pickle._Pickler.dispatch)  # pylint: disable=protected-access

    def save_fake(self, fake):
        self.write(b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01bt" + b"R")
        self.write(b"(K\x01")
        self.save(fake.shape)
        self.write(b"cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R\x89")
        self.write(b"T" + struct.pack("<I", len(fake.data)) + fake.data + b"tb")

    dispatch[FakeArray] = save_fake


def gzipped_pickle(value):
    buffer = io.BytesIO()
    NumpyPickler(buffer, protocol=2).dump(value)
    return gzip.compress(buffer.getvalue())


PIXELS = [bytes([0, 1, 127, 128, 255] + [row] * 779) for row in range(4)]
LABELS = bytes([5, 0, 7, 9])


def pair(first, last):
    """Rows first..last-1 as the wheel's pickle has them: float32 pixel/256 and int64 labels."""
    values = [pixel / 256 for row in PIXELS[first:last] for pixel in row]
    images = FakeArray((last - first, 784), struct.pack(f"<{len(values)}f", *values))
    return images, FakeArray((last - first,), struct.pack(f"<{last - first}q", *LABELS[first:last]))


# By the format's page: magic 0x0803 or 0x0801, big-endian sizes, then unsigned bytes.
EXPECTED = {
    "train-images-idx3-ubyte": bytes.fromhex("00000803 00000003 0000001c 0000001c") + b"".join(PIXELS[:3]),
    "train-labels-idx1-ubyte": bytes.fromhex("00000801 00000003") + LABELS[:3],
    "t10k-images-idx3-ubyte": bytes.fromhex("00000803 00000001 0000001c 0000001c") + PIXELS[3],
    "t10k-labels-idx1-ubyte": bytes.fromhex("00000801 00000001") + LABELS[3:],
}
PICKLE = gzipped_pickle((pair(0, 2), pair(2, 3), pair(3, 4)))


class FetchMnistTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.source = pathlib.Path(folder.name) / "source"
        self.out = pathlib.Path(folder.name) / "out"
        self.source.mkdir()
        self.script = load_script()
        self.script.SHA256_OF = {name: hashlib.sha256(data).hexdigest() for name, data in EXPECTED.items()}
        self.wheel_count = 0

    def wheel(self):
        self.wheel_count += 1
        return self.script.idx_files_of_pickle(PICKLE)

    def run_script(self, *arguments, mirrors=()):
        """Exit code and what was printed."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            code = self.script.main([*map(str, arguments), "--out", str(self.out)], mirrors, self.wheel)
        return code, printed.getvalue()

    def assert_all_there(self):
        self.assertEqual({path.name: path.read_bytes() for path in self.out.iterdir()}, EXPECTED)

    def test_raw_and_gzipped_copies_at_hand_are_taken(self):
        for index, (name, data) in enumerate(EXPECTED.items()):
            if index % 2:
                (self.source / name).write_bytes(data)
            else:
                (self.source / f"{name}.gz").write_bytes(gzip.compress(data))
        code, _ = self.run_script("--from", self.source)
        self.assertEqual(code, 0)
        self.assert_all_there()

    def test_a_copy_with_a_wrong_sum_is_refused_and_nothing_is_written(self):
        for name, data in EXPECTED.items():
            (self.source / name).write_bytes(data)
        (self.source / "t10k-labels-idx1-ubyte").write_bytes(b"\0" * 9)
        code, printed = self.run_script("--from", self.source)
        self.assertEqual(code, 1)
        self.assertIn("wrong sum for t10k-labels-idx1-ubyte: expected sha256", printed)
        self.assertFalse(self.out.exists())

    def test_a_damaged_gzip_copy_is_refused(self):
        (self.source / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(b"abc")[:-6])
        code, printed = self.run_script("--from", self.source)
        self.assertEqual(code, 1)
        self.assertIn("not a gzip file", printed)

    def test_an_absent_copy_names_both_names_it_looked_for(self):
        code, printed = self.run_script("--from", self.source)
        self.assertEqual(code, 1)
        self.assertIn("has neither train-images-idx3-ubyte nor train-images-idx3-ubyte.gz", printed)

    def test_mirrors_are_tried_in_order_before_the_wheel(self):
        for name, data in EXPECTED.items():
            (self.source / f"{name}.gz").write_bytes(gzip.compress(data))
        code, printed = self.run_script(mirrors=("file:///nowhere", self.source.as_uri()))
        self.assertEqual((code, self.wheel_count), (0, 0))
        self.assertLess(printed.index("file:///nowhere"), printed.index(self.source.as_uri()))
        self.assert_all_there()

    def test_a_mirror_with_other_bytes_falls_back_to_the_wheel(self):
        for name in EXPECTED:
            (self.source / f"{name}.gz").write_bytes(gzip.compress(b"other"))
        code, printed = self.run_script(mirrors=(self.source.as_uri(),))
        self.assertEqual((code, self.wheel_count), (0, 1))
        self.assertIn("wrong sum", printed)
        self.assert_all_there()

    def test_a_second_run_asks_no_source(self):
        self.run_script()
        before = {path.name: path.stat().st_mtime_ns for path in self.out.iterdir()}
        code, printed = self.run_script()
        self.assertEqual((code, printed, self.wheel_count), (0, "MNIST: all there\n", 1))
        self.assertEqual({path.name: path.stat().st_mtime_ns for path in self.out.iterdir()}, before)

    def test_a_damaged_file_is_mended_and_the_others_stay(self):
        self.run_script()
        (self.out / "t10k-labels-idx1-ubyte").write_bytes(b"damaged")
        code, printed = self.run_script()
        self.assertEqual(code, 0)
        self.assertEqual(printed.count("wrote"), 1)
        self.assert_all_there()

    def test_the_pickle_may_name_nothing_but_arrays(self):
        evil = gzip.compress(pickle.dumps(print, protocol=2))
        with self.assertRaisesRegex(self.script.SourceError, "which no array needs"):
            self.script.idx_files_of_pickle(evil)

    def test_a_float_that_is_no_pixel_is_refused(self):
        with self.assertRaisesRegex(self.script.SourceError, "not pixel/256"):
            self.script.pixel_bytes(struct.pack("<f", 0.1))


if __name__ == "__main__":
    unittest.main()
