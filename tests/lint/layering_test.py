"""Proves that the layering check can fail, rule by rule."""
import unittest

import layering
from bad_tree import BadTree


class LayeringTest(BadTree):
    def include(self, path, *headers):
        self.write(path, "".join(f'#include "{header}"\n' for header in headers))

    def test_a_core_room_may_not_include_an_outer_room(self):
        self.include("server/runs/run.cc", "server/base/clock.h", "server/store/sqlite_run_store.h")
        self.assert_finds(layering.check, "server/runs/run.cc:2", "room runs may not include room store")

    def test_outer_rooms_may_not_include_each_other(self):
        self.include("server/rpc/training_rpc.cc", "server/workers/spawner.h")
        self.assert_finds(layering.check, "server/rpc/training_rpc.cc:1", "room rpc may not include room workers")

    def test_the_two_core_services_may_not_include_each_other(self):
        self.include("server/serving/predict_service.h", "server/runs/run_service.h")
        self.assert_finds(layering.check, "server/serving/predict_service.h:1", "room serving may not include room runs")

    def test_recipes_know_no_datasets(self):
        self.include("server/recipes/recipe_text.cc", "server/datasets/idx_file.h")
        self.assert_finds(layering.check, "server/recipes/recipe_text.cc:1", "it may include base")

    def test_a_room_may_not_include_the_composition_root(self):
        self.include("server/rpc/a.cc", "server/server.h")
        self.assert_finds(layering.check, "server/rpc/a.cc:1", "room rpc may not include room server")

    def test_the_client_includes_no_server_code(self):
        self.include("client/trainctl/main.cc", "client/traind_client.h", "server/base/clock.h")
        self.assert_finds(layering.check, "client/trainctl/main.cc:2", "client/ includes no server code")

    def test_the_server_includes_no_client_code(self):
        self.include("server/rpc/a.cc", "client/traind_client.h")
        self.assert_finds(layering.check, "server/rpc/a.cc:1", "only client/ and tests include client/")

    def test_the_product_includes_no_test_support(self):
        self.include("server/runs/run.cc", "tests/support/fake_clock.h")
        self.assert_finds(layering.check, "server/runs/run.cc:1", "tests/ is not part of the product")

    def test_each_technology_stays_in_its_rooms(self):
        for header, technology in (("torch/torch.h", "LibTorch"), ("ATen/ATen.h", "LibTorch"), ("grpcpp/grpcpp.h", "gRPC"),
                                   ("traind/v1/training_service.grpc.pb.h", "gRPC"), ("sqlite3.h", "SQLite"),
                                   ("prometheus/registry.h", "Prometheus"), ("CLI/CLI.hpp", "CLI11"),
                                   ("spdlog/spdlog.h", "spdlog")):
            with self.subTest(header=header):
                self.write("server/runs/run.cc", f"#include <{header}>\n")
                self.assert_finds(layering.check, "server/runs/run.cc:1", f"is {technology}, which only")

    def test_the_inference_protocol_has_no_grpc(self):
        self.include("server/oip/a.cc", "inference/grpc_service.grpc.pb.h")
        self.assert_finds(layering.check, "server/oip/a.cc:1", "is gRPC, which only")

    def test_the_inference_protocol_is_for_rpc_alone(self):
        self.include("server/store/a.cc", "server/oip/infer_decoder.h")
        self.assert_finds(layering.check, "server/store/a.cc:1", "room store may not include room oip")

    def test_the_client_includes_no_torch(self):
        self.write("client/image.cc", "#  include <torch/torch.h>\n")
        self.assert_finds(layering.check, "client/image.cc:1", "is LibTorch, which only torch may include")

    def test_a_new_room_needs_a_rule(self):
        self.write("server/attic/sweep.h")
        self.assert_finds(layering.check, "server/attic/sweep.h:1", "unknown room attic")

    def test_what_the_rules_allow_is_clean(self):
        self.include("server/server.cc", "server/rpc/a.h", "server/torch/b.h", "server/store/c.h")
        self.include("server/rpc/a.cc", "server/runs/run_service.h", "server/datasets/image_dataset.h", "grpcpp/grpcpp.h")
        self.include("server/rpc/b.cc", "server/oip/infer_decoder.h", "inference/grpc_service.grpc.pb.h")
        self.include("server/oip/a.cc", "server/serving/tensor_view.h", "inference/grpc_service.pb.h")
        self.include("server/torch/b.cc", "torch/torch.h", "server/datasets/image_dataset.h", "server/torch/b.h")
        self.include("server/runs/run_service.h", "server/datasets/image_dataset.h", "traind/v1/run.pb.h", "vector")
        self.include("tests/rpc/a_test.cc", "server/rpc/a.h", "client/traind_client.h", "torch/torch.h")
        self.assert_clean(layering.check)


if __name__ == "__main__":
    unittest.main()
