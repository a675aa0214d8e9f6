#ifndef TRAIND_SERVER_BASE_LIMITS_H_
#define TRAIND_SERVER_BASE_LIMITS_H_

#include <cstdint>

#include "absl/time/time.h"

namespace traind {

// Every bound of the server, by name. Whatever can grow has one.
struct Limits {
  // Largest gRPC message, either way.
  int64_t message_bytes_max = 64 << 20;
  // Calls at once on one connection.
  int connection_calls_max = 5000;
  // How often the server calls itself, so that gRPC's threads stay awake.
  absl::Duration wake_interval = absl::Milliseconds(300);
  // Threads for calls that may touch the store, and calls waiting for one.
  int handler_threads = 4;
  int handler_queue_max = 1024;
  // Runs waiting for a slot.
  int queued_runs_max = 1000;
  // Sweeps under way, and points of one sweep.
  int active_sweeps_max = 100;
  int sweep_points_max = 1000;
  // Runs of one sweep that wait or train at once, unless it says otherwise.
  int sweep_parallelism_default = 16;
  // Events of one run kept in the store; past them the oldest are forgotten.
  int64_t run_events_max = 4'000'000;
  // Held back on the disk, so that failures for want of space can be recorded.
  int64_t disk_reserve_bytes = 8 << 20;
  // Events of one run kept in memory for its subscribers; older ones come from the store.
  int ring_events_max = 4096;
  // Events in one stream message.
  int stream_events_max = 512;
  // Bytes of the events in one stream message that has more than one: clients take 4 MiB.
  int64_t stream_message_bytes_max = 1 << 20;
  // Concurrent StreamMetrics calls.
  int subscribers_max = 5000;
  // Messages of one StreamMetrics call per second once it has caught up.
  int stream_messages_per_second_max = 20;
  // Such messages of all calls together; each may send one a second all the same.
  int stream_messages_per_second_total_max = 1000;
  // Largest max_points of a StreamMetrics call.
  int stream_points_max = 10'000;
  // Changes of state, and published models, in a history that is thinned out.
  int stream_milestones_max = 10'000;
  // A StreamMetrics call that has nothing to say gives a sign of life so often.
  absl::Duration stream_heartbeat_interval = absl::Seconds(15);
  // A StreamMetrics call whose client has not taken a message by then is ended.
  absl::Duration stream_stall_timeout = absl::Minutes(5);
  // How often every stream is looked at for the two above.
  absl::Duration stream_watch_interval = absl::Seconds(1);
  // Progress updates of a run per second that reach subscribers.
  int progress_per_second_max = 10;
  // Events that a worker may send in one batch.
  int worker_batch_events_max = 256;
  // Rows of one Predict request.
  int64_t predict_rows_max = 4096;
  // Requests waiting for an executor, and their bytes.
  int predict_queue_max = 1024;
  int64_t predict_queue_bytes_max = 256 << 20;
  // Time for a Predict whose client sets no deadline.
  absl::Duration predict_deadline_default = absl::Seconds(60);
  // An execution that takes longer is reported as stuck.
  absl::Duration predict_stuck_timeout = absl::Seconds(30);
  // Rows that are computed together; a request with more of them runs alone.
  int64_t predict_batch_rows_max = 64;
  // ModelStreamInfer calls at once; and requests of one of them that are under way, past
  // which it reads no more until it has written an answer.
  int infer_streams_max = 1000;
  int infer_stream_requests_max = 64;
  // Model versions whose predictions are counted; past it the one that was longest not
  // asked is forgotten.
  int statistics_versions_max = 1000;
  // Watch calls of the health service at once.
  int health_watches_max = 1000;
  // Model versions kept loaded, and the memory of their weights.
  int loaded_models_max = 8;
  int64_t loaded_models_bytes_max = int64_t{8} << 30;
  // How long a start waits for the versions in use before it calls itself ready.
  absl::Duration start_loads_timeout = absl::Minutes(2);
  // Loads of a version whose executor is lost time and again while nobody asks for it.
  int model_reloads_max = 3;
  // How long moving an alias waits until its version is loaded.
  absl::Duration model_check_timeout = absl::Seconds(30);
  // Model versions whose descriptions are kept at hand.
  int described_versions_max = 1000;
  // Aliases of one model.
  int model_aliases_max = 64;
  // Rows of one ReadDatasetRows request.
  int dataset_rows_max = 256;
  // Bytes of a dataset in memory, files of a push, and bytes of one piece of it.
  int64_t dataset_bytes_max = int64_t{16} << 30;
  int dataset_files_max = 500'000;
  int64_t dataset_piece_bytes_max = 4 << 20;
  // Datasets in the folder, and those whose description is kept at hand.
  int datasets_max = 1000;
  // Pushes that are not complete; one that nothing came for so long is forgotten.
  int dataset_pushes_max = 32;
  absl::Duration dataset_push_lifetime = absl::Hours(24 * 7);
  // Files of pushes that are read at a time, and how long that may take.
  int dataset_imports_max = 2;
  absl::Duration dataset_import_timeout = absl::Hours(1);
  // Bytes of a file of initial weights.
  int64_t initial_weights_bytes_max = int64_t{32} << 30;
  // Modules on the server, bytes of the file of one, and files within that.
  int modules_max = 100;
  int64_t module_bytes_max = int64_t{4} << 30;
  int64_t module_entries_max = 100'000;
  // Pushes of modules at a time, bytes of one piece, and how long one may be tried.
  int module_pushes_max = 4;
  int64_t module_piece_bytes_max = 4 << 20;
  absl::Duration module_inspect_timeout = absl::Minutes(2);
  // Entries of one page of a list.
  int page_size_max = 1000;
  // Text of a recipe.
  int64_t recipe_bytes_max = 1 << 20;
  // A trace: parameters of the network, values of one step, steps and bytes of one run, and
  // bytes of the rows in one answer.
  int64_t trace_parameters_max = 1000;
  int64_t trace_values_max = 10'000;
  int64_t trace_steps_max = 1'000'000;
  int64_t trace_bytes_max = 1 << 30;
  int64_t trace_page_bytes_max = 1 << 20;
  // Bytes of weights in one answer.
  int64_t weights_piece_bytes_max = 2 << 20;
  // Memory that the fused step takes for a batch; larger ones are trained the plain way.
  int64_t fused_step_bytes_max = int64_t{8} << 30;
  // Parameters of one network.
  int64_t parameters_max = int64_t{4} << 30;
  // From a cancel or pause to the worker's forced end.
  absl::Duration worker_stop_grace = absl::Seconds(20);
  // The longest that a user may ask for instead.
  absl::Duration worker_stop_grace_max = absl::Hours(1);
  // How long a delete waits for the run's worker to be gone.
  absl::Duration worker_exit_wait = absl::Seconds(2);
  // Quick epochs have a checkpoint written only so often; those between are held in memory
  // up to so many bytes.
  absl::Duration checkpoint_interval_min = absl::Seconds(1);
  int64_t held_checkpoint_bytes_max = 64 << 20;
  // Largest training that shares a worker process: multiply-accumulates of one forward
  // pass over all rows of an epoch.
  int64_t shared_epoch_work_max = 100'000'000;
  // Attempts in one shared worker process at once, and in its life: what leaks is bounded.
  int shared_attempts_max = 8;
  int shared_attempts_total_max = 1000;
  // An attempt that was killed and is still in its shared process by then ends it.
  absl::Duration shared_kill_grace = absl::Seconds(2);
  // A shared worker process without an attempt for so long is ended.
  absl::Duration shared_idle_timeout = absl::Minutes(1);
  // A worker that has not said hello by then is given up.
  absl::Duration worker_start_timeout = absl::Seconds(60);
  // Longest wait before a lost attempt is tried again.
  absl::Duration retry_delay_max = absl::Minutes(1);
  // A worker that has said nothing for so long is given up.
  absl::Duration worker_silence_timeout = absl::Seconds(60);
  // A serving worker that is not ready by then is ended.
  absl::Duration serving_start_timeout = absl::Seconds(60);
  // One that has not loaded a version, or not run a batch, by then is ended.
  absl::Duration serving_load_timeout = absl::Minutes(5);
  absl::Duration serving_run_timeout = absl::Seconds(60);
  // How often one is asked for a sign of life, and how long the answer may take.
  absl::Duration serving_check_interval = absl::Seconds(2);
  absl::Duration serving_check_timeout = absl::Seconds(20);
  // One that has nothing loaded for so long is ended.
  absl::Duration serving_idle_timeout = absl::Minutes(1);
  // The wait before the next one is started: none after one that has served for as long
  // as serving_stable_time, else twice the last one, from the first of these to the second.
  absl::Duration serving_restart_delay_min = absl::Milliseconds(500);
  absl::Duration serving_restart_delay_max = absl::Seconds(10);
  absl::Duration serving_stable_time = absl::Seconds(30);
};

}  // namespace traind

#endif  // TRAIND_SERVER_BASE_LIMITS_H_
