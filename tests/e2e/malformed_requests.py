"""Kinds of malformed predict requests, each with the code that it must get.

A kind is a name, the RPC's full name, a function from a number to the request's bytes
(the number varies what may vary), and the names of the codes that are right."""

import dataclasses
import struct
from typing import Callable

from inference import grpc_service_pb2 as oip
from traind.v1 import model_pb2
from traind.v1 import prediction_service_pb2 as prediction

INFER = "/inference.GRPCInferenceService/ModelInfer"
PREDICT = "/traind.v1.PredictionService/Predict"
MODEL = "small"
SHAPE = (1, 1, 28, 28)
PIXELS = struct.pack("<784f", *((i % 29) / 29 for i in range(784)))


@dataclasses.dataclass(frozen=True)
class Kind:
    """One way to be wrong."""

    name: str
    method: str
    make: Callable[[int], bytes]
    codes: tuple


def good_infer():
    request = oip.ModelInferRequest(model_name=MODEL)
    request.inputs.add(name="x", datatype="FP32", shape=SHAPE)
    request.raw_input_contents.append(PIXELS)
    return request


def good_predict():
    request = prediction.PredictRequest(model=MODEL)
    request.inputs.add(name="x", data_type=model_pb2.DATA_TYPE_FP32, shape=SHAPE, data=PIXELS)
    return request


def with_float(value, at):
    """The pixels with one number in the place of another."""
    at = 4 * (at % 784)
    return PIXELS[:at] + struct.pack("<f", value) + PIXELS[at + 4:]


KINDS = []


def kind(method, good, name, *codes):
    """Adds what the decorated function does to a good request, given a number."""
    def add(spoil):
        def make(number):
            request = good()
            spoiled = spoil(request, number)
            return spoiled if isinstance(spoiled, bytes) else request.SerializeToString()
        KINDS.append(Kind(name, method, make, codes))
        return spoil
    return add


def infer(name, *codes):
    return kind(INFER, good_infer, f"ModelInfer: {name}", *(codes or ("INVALID_ARGUMENT",)))


def predict(name, *codes):
    return kind(PREDICT, good_predict, f"Predict: {name}", *(codes or ("INVALID_ARGUMENT",)))


def set_shape(tensor, shape):
    del tensor.shape[:]
    tensor.shape.extend(shape)


# Bytes that are no message: gRPC refuses them before the server's code sees them. Which code
# it picks is its own (UNIMPLEMENTED by the callback API of 1.51).
NO_MESSAGE = ("INTERNAL", "INVALID_ARGUMENT", "UNIMPLEMENTED")


def add_bytes_kinds():
    for add in (infer, predict):
        # 0 would be empty, which is a message.
        add("cut short", *NO_MESSAGE)(
            lambda request, n: request.SerializeToString()[:-1 - n % 3000])
        add("of random bytes", *NO_MESSAGE)(lambda request, n: b"\xff" + bytes([n % 251]) * 40)
        add("with text that is no UTF-8", *NO_MESSAGE)(
            lambda request, n: b"\x0a\x03\xff\xfe" + bytes([0x80 + n % 64]) +
            request.SerializeToString())
        add("with a length beyond its end", *NO_MESSAGE)(
            lambda request, n: request.SerializeToString() + b"\x0a\xff\xff\xff\xff\x07")
        add("empty")(lambda request, n: b"")


def add_model_kinds():
    infer("no model")(lambda request, n: setattr(request, "model_name", ""))
    infer("unknown model", "NOT_FOUND")(lambda request, n: setattr(request, "model_name", f"m{n}"))
    infer("a model that is a path", "NOT_FOUND")(
        lambda request, n: setattr(request, "model_name", "../" * (n % 9 + 1) + "etc/passwd"))
    infer("unknown version", "NOT_FOUND")(
        lambda request, n: setattr(request, "model_version", str(2 + n)))
    infer("version 0 or less")(lambda request, n: setattr(request, "model_version", str(-n)))
    infer("a version too large for 64 bits")(
        lambda request, n: setattr(request, "model_version", "9" * (20 + n % 50)))
    infer("unknown alias", "NOT_FOUND")(
        lambda request, n: setattr(request, "model_version", f"alias{n}"))
    infer("an alias that none can have", "NOT_FOUND")(
        lambda request, n: setattr(request, "model_version", "a b/" + "x" * (n % 500)))
    predict("no model")(lambda request, n: setattr(request, "model", ""))
    predict("unknown model", "NOT_FOUND")(lambda request, n: setattr(request, "model", f"m{n}"))
    predict("a model that is a path", "NOT_FOUND")(
        lambda request, n: setattr(request, "model", "/" * (n % 9 + 1) + "etc/passwd"))
    predict("unknown version", "NOT_FOUND")(lambda request, n: setattr(request, "version", 2 + n))
    predict("version 0 or less")(lambda request, n: setattr(request, "version", -n))
    predict("unknown alias", "NOT_FOUND")(
        lambda request, n: setattr(request, "alias", f"alias{n}"))
    predict("an empty alias")(lambda request, n: setattr(request, "alias", ""))


def add_tensor_kinds():
    """What both protocols can get wrong of a tensor."""
    for add in (infer, predict):
        add("no input")(lambda request, n: (request.ClearField("inputs"),
                                            INPUTLESS[type(request)](request)) and None)
        add("a wrong name")(lambda request, n: setattr(request.inputs[0], "name", f"y{n}"))
        add("a tensor without a name")(lambda request, n: setattr(request.inputs[0], "name", ""))
        add("too few sizes")(lambda request, n: set_shape(request.inputs[0], (784,)))
        add("no sizes")(lambda request, n: set_shape(request.inputs[0], ()))
        add("too many sizes")(
            lambda request, n: set_shape(request.inputs[0], SHAPE + (1,) * (n % 200 + 1)))
        add("other sizes, as many elements")(
            lambda request, n: set_shape(request.inputs[0], (1, 1, 14, 56)))
        add("a negative size")(lambda request, n: set_shape(request.inputs[0], (-1 - n, 1, 28, 28)))
        add("two negative sizes")(
            lambda request, n: set_shape(request.inputs[0], (-1, 1, -28, 28)))
        add("no rows")(lambda request, n: set_shape(request.inputs[0], (0, 1, 28, 28)))
        add("more rows than bytes")(
            lambda request, n: set_shape(request.inputs[0], (2 + n, 1, 28, 28)))
        add("a product over 64 bits")(
            lambda request, n: set_shape(request.inputs[0], (2**62 + n, 1, 2**62, 28)))
        add("a product of 2^64")(
            lambda request, n: set_shape(request.inputs[0], (2**32, 1, 2**32, 1)))
        add("the most rows there can be")(
            lambda request, n: set_shape(request.inputs[0], (2**63 - 1, 1, 28, 28)))
        add("the input twice")(lambda request, n: TWICE[type(request)](request) and None)
        add("a thousand inputs")(
            lambda request, n: [request.inputs.add(name=f"i{i}") for i in range(1000)] and None)


INPUTLESS = {
    oip.ModelInferRequest: lambda request: request.ClearField("raw_input_contents"),
    prediction.PredictRequest: lambda request: None,
}


def twice(request):
    request.inputs.append(request.inputs[0])
    if isinstance(request, oip.ModelInferRequest):
        request.raw_input_contents.append(PIXELS)


TWICE = {oip.ModelInferRequest: twice, prediction.PredictRequest: twice}


def set_raw(request, data):
    request.raw_input_contents[0] = data


def add_content_kinds():
    infer("too few bytes")(lambda request, n: set_raw(request, PIXELS[:n % 3136]))
    infer("too many bytes")(lambda request, n: set_raw(request, PIXELS + b"\0" * (n % 5000 + 1)))
    infer("a number that is none")(lambda request, n: set_raw(request, with_float(float("nan"), n)))
    infer("an endless number")(lambda request, n: set_raw(request, with_float(float("-inf"), n)))
    infer("an unknown datatype")(lambda request, n: setattr(request.inputs[0], "datatype", f"FP{n}x"))
    infer("no datatype")(lambda request, n: setattr(request.inputs[0], "datatype", ""))
    infer("another datatype of that size")(
        lambda request, n: setattr(request.inputs[0], "datatype", ("INT32", "UINT32")[n % 2]))
    infer("BYTES")(lambda request, n: setattr(request.inputs[0], "datatype", "BYTES"))
    infer("raw and typed at once")(
        lambda request, n: request.inputs[0].contents.fp32_contents.extend([0.5] * (n % 784 + 1)))
    infer("more raw contents than inputs")(
        lambda request, n: request.raw_input_contents.extend([b""] * (n % 50 + 1)))
    infer("neither raw nor typed")(lambda request, n: request.ClearField("raw_input_contents"))

    def typed(request, **values):
        request.ClearField("raw_input_contents")
        for field, elements in values.items():
            getattr(request.inputs[0].contents, field).extend(elements)

    infer("too few typed elements")(lambda request, n: typed(request, fp32_contents=[0.5] * (n % 784)))
    infer("too many typed elements")(
        lambda request, n: typed(request, fp32_contents=[0.5] * (785 + n % 100)))
    infer("elements of another type")(lambda request, n: typed(request, int_contents=[n % 9] * 784))
    infer("elements of two types")(
        lambda request, n: typed(request, fp32_contents=[0.5] * 784, bool_contents=[True]))
    predict("too few bytes")(lambda request, n: setattr(request.inputs[0], "data", PIXELS[:n % 3136]))
    predict("too many bytes")(
        lambda request, n: setattr(request.inputs[0], "data", PIXELS + b"\0" * (n % 5000 + 1)))
    predict("a number that is none")(
        lambda request, n: setattr(request.inputs[0], "data", with_float(float("nan"), n)))
    predict("an endless number")(
        lambda request, n: setattr(request.inputs[0], "data", with_float(float("inf"), n)))
    predict("no type")(lambda request, n: setattr(request.inputs[0], "data_type", 0))
    predict("an unknown type")(lambda request, n: setattr(request.inputs[0], "data_type", 100 + n))
    predict("another type")(lambda request, n: setattr(request.inputs[0], "data_type", 2 + n % 2))


def set_parameter(parameters, name, **value):
    for field, given in value.items():
        setattr(parameters[name], field, given)


def add_parameter_kinds():
    infer("a timeout in words")(
        lambda request, n: set_parameter(request.parameters, "timeout", string_param="soon"))
    infer("a negative timeout")(
        lambda request, n: set_parameter(request.parameters, "timeout", int64_param=-1 - n))
    infer("a priority that is a fraction")(
        lambda request, n: set_parameter(request.parameters, "priority", double_param=0.5))
    infer("a sequence")(
        lambda request, n: set_parameter(request.parameters, "sequence_id", int64_param=1 + n))
    infer("an input in shared memory", "UNIMPLEMENTED")(
        lambda request, n: set_parameter(request.inputs[0].parameters, "shared_memory_region",
                                         string_param=f"r{n}"))
    infer("an output in shared memory", "UNIMPLEMENTED")(
        lambda request, n: set_parameter(request.outputs.add(name="logits").parameters,
                                         "shared_memory_region", string_param=f"r{n}"))
    infer("an unknown output")(lambda request, n: request.outputs.add(name=f"o{n}") and None)
    infer("an output twice")(
        lambda request, n: [request.outputs.add(name="logits") for _ in range(2)] and None)
    infer("the top 0 classes")(
        lambda request, n: set_parameter(request.outputs.add(name="logits").parameters,
                                         "classification", int64_param=0))
    infer("a negative number of classes")(
        lambda request, n: set_parameter(request.outputs.add(name="logits").parameters,
                                         "classification", int64_param=-1 - n))
    infer("classes of an output without")(
        lambda request, n: set_parameter(request.outputs.add(name="classes").parameters,
                                         "classification", int64_param=1))


def add_other_kinds():
    for service in ("/inference.GRPCInferenceService/", "/traind.v1.PredictionService/", "/no.such/"):
        KINDS.append(Kind(f"{service}: an unknown method", f"{service}Nothing", lambda n: b"\x0a\x01x",
                          ("UNIMPLEMENTED",)))


for add_kinds in (add_bytes_kinds, add_model_kinds, add_tensor_kinds, add_content_kinds,
                  add_parameter_kinds, add_other_kinds):
    add_kinds()
