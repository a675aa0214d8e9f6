"""Asks traind.v1 for a prediction: rows come as .npy on stdin, outputs go as .npz to stdout.

A process of its own, since Triton's clients need another version of protobuf."""

import io
import sys

import grpc
import numpy as np
from traind.v1 import model_pb2 as model
from traind.v1 import prediction_service_pb2 as prediction
from traind.v1 import prediction_service_pb2_grpc as prediction_grpc

DTYPES = {model.DATA_TYPE_FP32: "<f4", model.DATA_TYPE_INT64: "<i8"}


def main(address, name):
    rows = np.load(io.BytesIO(sys.stdin.buffer.read()))
    with grpc.insecure_channel(address) as channel:
        tensor = model.Tensor(name="x", data_type=model.DATA_TYPE_FP32, shape=rows.shape, data=rows.tobytes())
        reply = prediction_grpc.PredictionServiceStub(channel).Predict(
            prediction.PredictRequest(model=name, inputs=[tensor]), timeout=30)
    outputs = {output.name: np.frombuffer(output.data, DTYPES[output.data_type]).reshape(output.shape)
               for output in reply.outputs}
    np.savez(sys.stdout.buffer, **outputs)


main(*sys.argv[1:])
