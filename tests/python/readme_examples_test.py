"""Tests taking examples out of README.md, and that those that are there at least compile."""
import unittest

import readme_examples

TEXT = """# Title
```
not marked
```
<!-- example: a.py -->
```python
print(1)

print(2)
```
<!-- example: b.cc -->
```cpp
int b;
```
"""


class ReadmeExamplesTest(unittest.TestCase):
    def test_an_example_is_the_code_of_the_fence_below_its_mark(self):
        self.assertEqual(readme_examples.extract(TEXT, "a.py"), "print(1)\n\nprint(2)\n")
        self.assertEqual(readme_examples.extract(TEXT, "b.cc"), "int b;\n")

    def test_an_unknown_example_names_those_there_are(self):
        with self.assertRaisesRegex(KeyError, "no example c.py; there are a.py, b.cc"):
            readme_examples.extract(TEXT, "c.py")

    def test_the_python_example_of_the_readme_is_python_of_at_most_ten_statements(self):
        code = readme_examples.extract(readme_examples.README.read_text(encoding="utf-8"), "predict.py")
        compile(code, "predict.py", "exec")
        self.assertLessEqual(len([line for line in code.splitlines() if line and not line.startswith((" ", ")"))]), 10)


if __name__ == "__main__":
    unittest.main()
