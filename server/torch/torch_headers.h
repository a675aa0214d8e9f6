#ifndef TRAIND_SERVER_TORCH_TORCH_HEADERS_H_
#define TRAIND_SERVER_TORCH_TORCH_HEADERS_H_

// Every header of LibTorch that the room uses, precompiled once: they take half a
// minute to read. Included by the room's sources and internal headers, never by
// the headers that other rooms see (device.h, train/trainer.h, infer/*.h).
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>

#endif  // TRAIND_SERVER_TORCH_TORCH_HEADERS_H_
