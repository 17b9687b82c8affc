// One package() run and its threads. Internal.
//
// Every stage is a plain single-threaded object behind a bounded inbox with its own thread; data only flows forward, so
// a full inbox slows its sender down and nothing can wait in a circle. The first error of any stage stops all.
//
// Waking a thread costs more than handling a packet: a stage sleeps until its inbox is half full or complete, then
// takes all of it at once.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "content/media/plan.h"
#include "content/media/segment_sink.h"

namespace swarma::content::media {

/// What all stages of a run share. Thread-safe.
class PackageRun {
 public:
  PackageRun(const MediaInfo& info, const PackagePlan& plan, SegmentSink& sink, const std::atomic<bool>& cancel)
      : info(info), plan(plan), sink(sink), cancel_(cancel), done_us_(plan.tracks.size()) {}

  const MediaInfo& info;
  const PackagePlan& plan;
  SegmentSink& sink;

  /// Until when a track must go on at least, so that it has every slot: to the end of the picture, or, where slots
  /// begin behind it, to the end of the film.
  std::int64_t picture_end_us() const {
    return plan.cuts_us[plan.slots() - 1] < info.video_end_us ? info.video_end_us : plan.cuts_us.back();
  }

  /// Keeps the first error and wakes every stage.
  void fail(Error error) {
    std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    stopped_ = true;
    for (auto& wake : on_stop_) wake();
  }
  bool stopped() const { return stopped_; }
  bool cancelled() const { return cancel_; }
  void on_stop(std::function<void()> wake) {
    std::lock_guard lock(mutex_);
    on_stop_.push_back(std::move(wake));
  }
  Result<void> result() const {
    std::lock_guard lock(mutex_);
    if (error_) return std::unexpected(*error_);
    return {};
  }

  /// Stages count themselves in and out, so that the run can wait for all of them, also after an error.
  void stage_started() {
    std::lock_guard lock(mutex_);
    ++running_;
  }
  void stage_ended() {
    std::lock_guard lock(mutex_);
    --running_;
    ended_.notify_all();
  }
  /// True once no stage is left.
  bool wait_for_stages(std::chrono::milliseconds at_most) {
    std::unique_lock lock(mutex_);
    return ended_.wait_for(lock, at_most, [this] { return running_ == 0; });
  }

  /// Called by the one thread that makes the track. An earlier time than before changes nothing: pictures come in the
  /// order of their decoding.
  void set_done(std::size_t track, std::int64_t us) { done_us_[track] = std::max<std::int64_t>(done_us_[track], us); }
  std::int64_t done_us(std::size_t track) const { return done_us_[track]; }

 private:
  const std::atomic<bool>& cancel_;
  std::atomic<bool> stopped_ = false;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  int running_ = 0;
  std::optional<Error> error_;
  std::vector<std::function<void()>> on_stop_;
  std::vector<std::atomic<std::int64_t>> done_us_;
};

template <class T>
class Stage {
 public:
  using OnItem = std::function<Result<void>(T)>;
  using OnEnd = std::function<Result<void>()>;

  /// Starts the thread. Both functions run on it. At most twice `capacity` items wait: in the inbox and being handled.
  Stage(PackageRun& run, std::size_t capacity, OnItem on_item, OnEnd on_end)
      : run_(run), capacity_(capacity), on_item_(std::move(on_item)), on_end_(std::move(on_end)) {
    run.on_stop([this] {
      std::lock_guard lock(mutex_);
      arrived_.notify_all();
      taken_.notify_all();
    });
    run.stage_started();
    thread_ = std::thread([this] { this->run(); });
  }
  /// Only after PackageRun::wait_for_stages: until then another stage's error may still wake this one.
  ~Stage() { thread_.join(); }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  /// Waits for room. Drops the item when the run has stopped.
  void push(T item) {
    std::unique_lock lock(mutex_);
    taken_.wait(lock, [&] { return items_.size() < capacity_ || run_.stopped(); });
    if (run_.stopped()) return;
    items_.push_back(std::move(item));
    if (items_.size() == enough()) arrived_.notify_one();
  }
  /// No more items will come.
  void finish() {
    std::lock_guard lock(mutex_);
    finished_ = true;
    arrived_.notify_one();
  }

 private:
  std::size_t enough() const { return std::max<std::size_t>(1, capacity_ / 2); }
  void run() {
    if (auto r = work(); !r) run_.fail(std::move(r).error());
    run_.stage_ended();
  }
  Result<void> work() {
    std::vector<T> batch;
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        arrived_.wait(lock, [&] { return items_.size() >= enough() || finished_ || run_.stopped(); });
        if (items_.empty()) break;
        batch.swap(items_);
        taken_.notify_one();
      }
      for (T& item : batch) {
        if (run_.stopped()) return {};
        SWARMA_RETURN_IF_ERROR(on_item_(std::move(item)));
      }
      batch.clear();
    }
    if (run_.stopped()) return {};
    return on_end_();
  }

  PackageRun& run_;
  const std::size_t capacity_;
  OnItem on_item_;
  OnEnd on_end_;
  std::mutex mutex_;
  std::condition_variable arrived_, taken_;
  std::vector<T> items_;
  bool finished_ = false;
  std::thread thread_;
};

}  // namespace swarma::content::media
