"""A day in a minute: malformed predict requests among good ones. Every one gets the right
code, none disturbs a neighbour, and the server stays up."""

import collections
import os
import pathlib
import tempfile
import threading
import unittest

import grpc
from google.protobuf.message import DecodeError

from harness import Traind
from inference import grpc_service_pb2 as oip
from malformed_requests import INFER, KINDS, MODEL, PREDICT, good_infer, good_predict
from small_run import prepare
from traind.v1 import prediction_service_pb2 as prediction

REQUESTS = int(os.environ.get("MALFORMED_REQUESTS", "10000"))
STREAM_INFER = "/inference.GRPCInferenceService/ModelStreamInfer"
STREAM_REQUESTS = 1000
AT_ONCE = 32
# More than any answer needs, under a sanitizer too.
TIMEOUT_SECONDS = 60


def parses(kind):
    """Whether its bytes are a message: those that are none end a whole stream."""
    try:
        oip.ModelInferRequest.FromString(kind.make(0))
        return True
    except DecodeError:
        return False


class GoodClient(threading.Thread):
    """Asks for the same prediction over and over, by both protocols in turn, on a connection of
    its own; keeps what was not as the first time."""

    def __init__(self, address):
        super().__init__()
        self.channel = grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)])
        self.infer = self.channel.unary_unary(INFER, oip.ModelInferRequest.SerializeToString,
                                              oip.ModelInferResponse.FromString)
        self.predict = self.channel.unary_unary(PREDICT, prediction.PredictRequest.SerializeToString,
                                                prediction.PredictResponse.FromString)
        self.done = threading.Event()
        self.expected = self.answers()
        self.calls, self.faults = 0, []

    def answers(self):
        """The classes, as bytes, by each protocol."""
        by_infer = self.infer(good_infer(), timeout=TIMEOUT_SECONDS)
        by_predict = self.predict(good_predict(), timeout=TIMEOUT_SECONDS)
        names = [output.name for output in by_infer.outputs]
        return (by_infer.raw_output_contents[names.index("classes")],
                next(output.data for output in by_predict.outputs if output.name == "classes"))

    def run(self):
        while not self.done.is_set():
            try:
                answers = self.answers()
                if answers != self.expected:
                    self.faults.append(f"{answers} in place of {self.expected}")
            except grpc.RpcError as error:
                self.faults.append(str(error))
            self.calls += 2

    def stop(self):
        self.done.set()
        self.join()
        self.channel.close()


class MalformedTest(unittest.TestCase):
    """One server with a small model."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="traind-e2e-")
        folder = pathlib.Path(cls.temporary.name)
        recipe, datasets = prepare(folder)
        cls.server = Traind(folder, datasets=datasets).__enter__()
        started = cls.server.trainctl("start", "--recipe", recipe)
        assert started.returncode == 0, started.stderr

    @classmethod
    def tearDownClass(cls):
        try:
            cls.server.__exit__()
            # A sanitizer may have found something as late as here.
            assert cls.server.process.returncode == 0, cls.server.log.read_text()
        finally:
            cls.temporary.cleanup()

    def send_all(self):
        """Sends every kind in turn; how often each kind got each code."""
        codes = collections.defaultdict(collections.Counter)
        with self.server.channel() as channel:
            calls = {method: channel.unary_unary(method) for method in {kind.method for kind in KINDS}}
            waiting = collections.deque()
            for number in range(REQUESTS):
                kind = KINDS[number % len(KINDS)]
                waiting.append((kind, calls[kind.method].future(kind.make(number // len(KINDS)),
                                                                timeout=TIMEOUT_SECONDS)))
                while len(waiting) >= (AT_ONCE if number + 1 < REQUESTS else 1):
                    sent, future = waiting.popleft()
                    codes[sent.name][future.code().name] += 1
        return codes

    def test_every_one_gets_its_code_and_disturbs_no_neighbour(self):
        good = GoodClient(self.server.address)
        good.start()
        try:
            codes = self.send_all()
        finally:
            good.stop()
        wrong = {kind.name: dict(codes[kind.name]) for kind in KINDS
                 if set(codes[kind.name]) - set(kind.codes)}
        self.assertEqual(wrong, {})
        self.assertEqual(good.faults[:3], [])
        self.assertGreater(good.calls, 100)
        self.assertEqual(sum(sum(counts.values()) for counts in codes.values()), REQUESTS)
        self.assertIsNone(self.server.process.poll(), self.server.log.read_text())

    def test_a_stream_answers_each_bad_request_in_its_turn_and_goes_on(self):
        bad = [kind for kind in KINDS if kind.method == INFER and "OK" not in kind.codes and parses(kind)]
        self.assertGreaterEqual(len(bad), 30)
        requests = [request for number in range(STREAM_REQUESTS // (2 * len(bad)) + 1)
                    for kind in bad for request in (kind.make(number), good_infer().SerializeToString())]
        with self.server.channel() as channel:
            stream = channel.stream_stream(STREAM_INFER,
                                           response_deserializer=oip.ModelStreamInferResponse.FromString)
            answers = list(stream(iter(requests), timeout=TIMEOUT_SECONDS))
        self.assertEqual(len(answers), len(requests))
        for kind, answer in zip(bad, answers[::2]):
            self.assertNotEqual(answer.error_message, "", kind.name)
        self.assertEqual({answer.error_message for answer in answers[1::2]}, {""})
        self.assertEqual(len({answer.infer_response.raw_output_contents[0] for answer in answers[1::2]}), 1)

    def test_there_are_more_than_thirty_kinds_of_both_protocols(self):
        self.assertEqual(len({kind.name for kind in KINDS}), len(KINDS))
        for method in (INFER, PREDICT):
            self.assertGreaterEqual(sum(kind.method == method for kind in KINDS), 30)

    def test_the_requests_before_they_are_spoiled_are_good(self):
        with self.server.channel() as channel:
            for method, request in ((INFER, good_infer()), (PREDICT, good_predict())):
                answer = channel.unary_unary(method)(request.SerializeToString(),
                                                     timeout=TIMEOUT_SECONDS)
                self.assertIn(MODEL.encode(), answer)


if __name__ == "__main__":
    unittest.main(verbosity=2)
