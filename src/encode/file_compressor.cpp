// SPDX-License-Identifier: Apache-2.0
#include "encode/file_compressor.h"

#include <algorithm>
#include <utility>

#include "exact/make_engine.h"

namespace llmz {
namespace {

constexpr std::chrono::milliseconds kReportEvery{100};

std::vector<Session> one_session(const EngineSettings& engine, const Models& models) {
  std::vector<Session> sessions;
  sessions.emplace_back(engine, models);
  return sessions;
}

}  // namespace

// A block on a thread of its own.
struct FileCompressor::Job {
  std::vector<Bytes> segments;
  CompressedBlock coded;
  std::atomic<uint64_t> done_bytes{0};
  bool done = false;
  std::exception_ptr error;
};

FileCompressor::FileCompressor(ByteSink& out, const Models& models,
                               const CompressSettings& settings, const Progress& progress,
                               bool side_by_side)
    : settings_(settings),
      models_(models),
      progress_(progress),
      out_(out),
      side_by_side_(side_by_side),
      sessions_(one_session(settings.engine, models)),
      call_(settings, models, sessions_[0]),
      segments_(settings.block_size_bytes,
                [this](Segmenter::Segment segment) { take(std::move(segment)); }) {}

FileCompressor::~FileCompressor() = default;

void FileCompressor::take(Segmenter::Segment segment) {
  if (!std::exchange(decided_, true)) {
    if (settings_.embed_model && settings_.network)
      out_.write(carried_model_frame(settings_, models_, [this] { report(0); }));
    plan_for(segment);
  }
  if (call_.blocks_at_once < 2) return add_here(segment);
  if (!next_) next_ = std::make_unique<Job>();
  next_->segments.push_back(std::move(segment.bytes));
  if (segment.block_ends) begin_job();
}

// Whether there will be an index, how many blocks are at work at once, and whether one may be.
void FileCompressor::plan_for(const Segmenter::Segment& first) {
  // Of the whole content in one block there is nothing to find.
  indexed_ = settings_.block_size_bytes > 0 && first.more_follows;
  const unsigned threads = indexed_ && side_by_side_ ? thread_count(settings_.engine) : 1;
  if (threads < 2 && settings_.max_memory_bytes == 0) return;
  const bool whole = first.block_ends && !first.more_follows;
  const uint64_t segment =
      whole ? first.bytes.size() : std::min(settings_.block_size_bytes - 1, kMaxRoundBytes - 1) + 1;
  const std::optional<ModelInfo> model = settings_.network ? named_model() : std::nullopt;
  call_.blocks_at_once = blocks_that_fit(threads, settings_, model, segment, 1);
  if (call_.blocks_at_once < 2) return;
  while (sessions_.size() < call_.blocks_at_once) sessions_.emplace_back(settings_.engine);
  crew_.emplace(call_.blocks_at_once);
}

// nullopt if it is not installed, which matters only if some text is found.
std::optional<ModelInfo> FileCompressor::named_model() {
  try {
    return call_.model.info([](uint64_t) { return true; },
                            [&] { return models_.find(settings_.model); });
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kModelMissing) return std::nullopt;
    throw;
  }
}

void FileCompressor::add_here(const Segmenter::Segment& segment) {
  if (!block_) {
    output_ = std::make_unique<BlockOutput>(out_, settings_, settings_.engine, models_);
    block_.emplace(
        call_, sessions_[0], indexed_, *output_,
        BlockCompressor::Reports{[this](uint64_t done) { report(totals_.content_bytes + done); },
                                 [this](const IndexEntry& sizes) {
                                   output_->frame(sizes);
                                   note_frame(sizes);
                                 }});
  }
  output_->content(segment.bytes);
  block_->add(segment.bytes, segment.block_ends);
  if (segment.block_ends) end_block(block_->totals);
}

void FileCompressor::end_block(const Totals& of_block) {
  add_block_totals(totals_, of_block);
  if (!block_) return;
  block_.reset();
  output_->end(indexed_);
  output_.reset();
}

void FileCompressor::begin_job() {
  // As many again may be done and wait for their turn.
  const auto full = [&] {
    return crew_->busy() == call_.blocks_at_once || jobs_.size() >= 2 * call_.blocks_at_once;
  };
  for (write_done(); full(); write_done()) wait();
  Job& job = *jobs_.emplace_back(std::move(next_));
  if (crew_->begin([this, &job](unsigned worker) { run(job, worker, true); })) return;
  // The system has no thread left: here, after the others.
  while (crew_->busy() > 0) wait();
  run(job, 0, false);
}

// On a thread of the job's own: nothing of the caller may be touched.
void FileCompressor::run(Job& job, unsigned worker, bool on_a_thread) {
  try {
    const auto tick = [&](uint64_t done) {
      if (on_a_thread) {
        crew_->check();
        job.done_bytes = done;
      } else {
        report(totals_.content_bytes + done);
      }
    };
    const EngineSettings one_thread{settings_.engine.engine, 1};
    OneBlock block(call_, sessions_[worker], one_thread, tick);
    for (Bytes& segment : job.segments) {
      block.add(segment, &segment == &job.segments.back());
      segment = Bytes();
    }
    job.coded = block.take();
  } catch (const Crew::Stopped&) {
    throw;
  } catch (...) {
    job.error = std::current_exception();
  }
  const auto lock = crew_->lock();
  job.done = true;
  crew_->tell();
}

bool FileCompressor::write_done() {
  for (;;) {
    std::unique_ptr<Job> job;
    if (!jobs_.empty()) {
      const auto lock = crew_->lock();
      if (jobs_.front()->done) job = std::move(jobs_.front());
    }
    if (!job) return !jobs_.empty();
    jobs_.pop_front();
    if (job->error) std::rethrow_exception(job->error);
    write(*job);
  }
}

void FileCompressor::write(const Job& job) {
  index_.write(job.coded, out_);
  end_block(job.coded.totals);
}

void FileCompressor::wait() {
  uint64_t done = totals_.content_bytes;
  for (const auto& job : jobs_) done += job->done_bytes;
  report(done);
  crew_->wait_for_change(kReportEvery);
}

void FileCompressor::note_frame(const IndexEntry& sizes) {
  if (indexed_) index_.add(sizes, out_);
}

void FileCompressor::flush() {
  segments_.flush();
  if (block_) block_->flush();
}

const Totals& FileCompressor::finish() {
  while (write_done()) wait();
  if (totals_.frames == 0) {
    output_ = std::make_unique<BlockOutput>(out_, settings_, settings_.engine, models_);
    block_.emplace(call_, sessions_[0], false, *output_, BlockCompressor::Reports{});
    block_->add_nothing();
    end_block(block_->totals);
  }
  index_.end(out_);
  std::move(sessions_[0]).return_to(models_);
  return totals();
}

const Totals& FileCompressor::totals() {
  totals_.compressed_bytes = out_.count;
  return totals_;
}

void FileCompressor::report(uint64_t done) const {
  if (progress_) progress_(done);
}

}  // namespace llmz
