#ifndef TRAIND_SERVER_RUNS_DISK_RESERVE_H_
#define TRAIND_SERVER_RUNS_DISK_RESERVE_H_

namespace traind {

// Room on the disk that is held back so that, once the disk is full, it can still
// be recorded that runs failed for it. Thread-safe.
class DiskReserve {
 public:
  virtual ~DiskReserve() = default;

  // Gives the room to whoever writes next. Nothing happens when it is given already.
  virtual void Release() = 0;

  // Holds it back again once there is plenty of room. Cheap while it is held.
  virtual void Restore() = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_DISK_RESERVE_H_
