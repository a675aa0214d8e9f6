#ifndef TRAIND_SERVER_DATASETS_INPUT_FILE_H_
#define TRAIND_SERVER_DATASETS_INPUT_FILE_H_

#include <string>

namespace traind {

// A file that shall become part of a dataset.
struct InputFile {
  std::string name;  // as its owner calls it, such as `train/cat/12.png`; for messages
  std::string path;  // where it lies
};

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_INPUT_FILE_H_
