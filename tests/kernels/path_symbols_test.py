"""path_symbols.py finds what it looks for."""
import unittest

import path_symbols


class LeaksTest(unittest.TestCase):
    def test_inline_function_of_all_is_a_leak(self):
        self.assertEqual(path_symbols.leaks("0000000000000000 W traind::Plane::size() const\n"),
                         ["traind::Plane::size() const"])

    def test_template_named_by_its_lanes_is_none(self):
        self.assertEqual(path_symbols.leaks(
            "0000000000000000 W void traind::ForwardRows<traind::Avx512Lanes, 1, 2, 3>()\n"), [])

    def test_template_named_by_its_tiles_is_none(self):
        self.assertEqual(path_symbols.leaks(
            "0000000000000000 W traind::TileProduct<traind::AmxTiles>::StepPairs(int)\n"), [])

    def test_files_for_tiles_are_looked_at(self):
        self.assertTrue(path_symbols.PATH_FILE.search("traind_kernels.dir/conv_amx.cc.o"))
        self.assertFalse(path_symbols.PATH_FILE.search("traind_kernels.dir/amx_support.cc.o"))

    def test_plain_and_local_symbols_are_none(self):
        self.assertEqual(path_symbols.leaks("0000000000000000 T traind::Run()\n"
                                            "0000000000000010 t traind::Local()\n"
                                            "0000000000000000 R traind::kAvx2Conv\n"), [])


if __name__ == "__main__":
    unittest.main()
