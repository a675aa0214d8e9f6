#ifndef TRAIND_TESTS_RPC_RAW_CALL_H_
#define TRAIND_TESTS_RPC_RAW_CALL_H_

#include <grpcpp/channel.h>

#include <string>

namespace traind {

// Calls of services whose stubs are not at hand, with messages encoded by hand.

// Statuses of grpc.health.v1.HealthCheckResponse; -1 for a failed call.
inline constexpr int kServing = 1;
inline constexpr int kNotServing = 2;
int HealthOf(grpc::Channel& channel, const std::string& service);

// Calls any method (`/package.Service/Method`) with an empty message, and returns
// once there is an answer or an end.
void CallWithEmptyMessage(grpc::Channel& channel, const std::string& method);

// The encoded answer of grpc.reflection.v1alpha to list_services.
std::string ListServicesByReflection(grpc::Channel& channel);

}  // namespace traind

#endif  // TRAIND_TESTS_RPC_RAW_CALL_H_
