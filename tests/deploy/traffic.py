"""Callers of Predict, good and bad, that go on until they are stopped."""
import random
import threading

import grpc
import numpy

from traind.v1 import model_pb2 as model
from traind.v1 import prediction_service_pb2 as prediction
from traind.v1 import prediction_service_pb2_grpc

DEADLINE_SECONDS = 10


def images(rows):
    """A tensor of `rows` blank 28x28 pictures."""
    x = numpy.zeros((rows, 1, 28, 28), "<f4")
    return model.Tensor(name="x", data_type=model.DATA_TYPE_FP32, shape=x.shape, data=x.tobytes())


class Traffic:
    """Calls Predict in the background, about `calls_per_second` times; use as a context manager.

    A share of `bad_share` of the requests is wrong: its input lacks a dimension."""

    def __init__(self, server, calls_per_second, bad_share=0.1, seed=1):
        self.server = server
        self.pause = 1 / calls_per_second
        self.bad_share = bad_share
        self.random = random.Random(seed)
        self.codes = {}
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._call_until_done, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()

    def _request(self):
        tensor = images(self.random.randint(1, 8))
        if self.random.random() < self.bad_share:
            del tensor.shape[-1]
        return prediction.PredictRequest(model="s4", inputs=[tensor])

    def _call_until_done(self):
        with self.server.channel() as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            while not self.done.wait(self.random.uniform(0, 2 * self.pause)):
                try:
                    stub.Predict(self._request(), timeout=DEADLINE_SECONDS)
                    code = grpc.StatusCode.OK
                except grpc.RpcError as error:
                    code = error.code()
                self.codes[code] = self.codes.get(code, 0) + 1
