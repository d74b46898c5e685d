// SPDX-License-Identifier: Apache-2.0
#include "decode/file_decoder.h"

#include <algorithm>
#include <utility>

#include "decode/block_memory.h"
#include "exact/make_engine.h"

namespace llmz {
namespace {

constexpr std::chrono::milliseconds kReportEvery{100}, kLookAtPipeEvery{20};

// Of a frame's payloads that were read ahead, and of its content that waits for its turn. A block
// of the default size never waits for room.
constexpr uint64_t kWaitingBytes = uint64_t{32} << 20;

// Everything else that a source throws waits for what stands before it.
void rethrow_interruption(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::kInterrupted) throw;
  } catch (...) {
  }
}

std::vector<Session> one_session(const EngineSettings& engine, const Models& models) {
  std::vector<Session> sessions;
  sessions.emplace_back(engine, models);
  return sessions;
}

}  // namespace

// A frame on a thread of its own. Guarded by the crew's lock, but for its header and cost.
struct FileDecoder::Job {
  FrameHeader header;
  uint64_t cost_bytes = 0;
  std::deque<Round> rounds;  // read, and not decoded yet
  uint64_t payload_bytes = 0;
  bool read = false;  // to its end
  uint32_t content_check = 0;
  std::exception_ptr read_error;  // behind the last round
  std::deque<Bytes> content;      // decoded, and not written yet
  uint64_t content_bytes = 0;
  uint64_t written_bytes = 0;
  std::atomic<uint64_t> done_bytes{0};
  bool done = false;
  std::exception_ptr error;
  Totals totals;
};

FileDecoder::FileDecoder(ByteSource& in, ByteSink& out, const Models& models,
                         const DecompressSettings& settings, const Progress& progress)
    : in_(in),
      out_(out),
      progress_(progress),
      models_(models),
      most_jobs_(thread_count(settings.engine)),
      most_memory_bytes_(memory_for_blocks(settings.max_memory_bytes)),
      sessions_(one_session(settings.engine, models)),
      call_(settings, models, sessions_[0]),
      content_limit_(settings) {}

FileDecoder::~FileDecoder() = default;

void FileDecoder::decode(FrameReader& reader) {
  for (;;) {
    std::optional<FrameHeader> header;
    wait_for_input();
    std::exception_ptr error;
    try {
      header = reader.next_frame();
    } catch (...) {
      error = std::current_exception();
      rethrow_interruption(error);
    }
    if (error) {
      finish_jobs();  // what is wrong before it comes first
      std::rethrow_exception(error);
    }
    if (!header) break;
    Job* const job = begin_job(*header);
    if (job) {
      read_rounds(reader, *job);
    } else {
      decode_here(reader, *header);
    }
  }
  finish_jobs();
  totals_.compressed_bytes = reader.position();
}

// In the calling thread, each round before the next one is read.
void FileDecoder::decode_here(FrameReader& reader, const FrameHeader& header) {
  finish_jobs();
  FrameDecoder decoder(call_, sessions_[0], header,
                       [&, before = totals_.content_bytes](uint64_t done) {
                         if (progress_) progress_(before + done);
                       });
  while (const auto round = reader.next_round()) {
    content_limit_.add(round->content_size_bytes);
    const Bytes content = decoder.decode(*round);
    out_.write(content);
    totals_.content_bytes += content.size();
  }
  decoder.end(reader.content_check());
  add_totals(totals_, decoder.totals());
}

// nullptr: the frame is for the calling thread.
FileDecoder::Job* FileDecoder::begin_job(const FrameHeader& header) {
  if (!header.index_follows || most_jobs_ < 2) return nullptr;
  auto job = std::make_unique<Job>();
  job->header = header;
  uint64_t of_model = 0;
  if (header.needs_model) {
    try {
      const ModelInfo model = call_.model_of(header);
      if (!blocks_have_engines(call_.settings.engine, &model)) return nullptr;
      of_model = model_bytes(model, header);
    } catch (const Error&) {  // no model: an error after what stands before it
      return nullptr;
    }
  }
  job->cost_bytes = decoding_bytes(header, of_model) + 2 * kWaitingBytes;
  if (job->cost_bytes > most_memory_bytes_) return nullptr;
  if (!crew_) {
    while (sessions_.size() < most_jobs_) sessions_.emplace_back(call_.settings.engine);
    crew_.emplace(most_jobs_);
  }
  const auto fits = [&] {
    uint64_t used = job->cost_bytes;
    for (const auto& other : jobs_) used += other->cost_bytes;
    return jobs_.size() < 2 * most_jobs_ && crew_->busy() < most_jobs_ &&
           used <= most_memory_bytes_;
  };
  for (write_ready(); !fits(); write_ready()) wait(kReportEvery);
  Job& begun = *job;
  jobs_.push_back(std::move(job));
  if (crew_->begin([this, &begun](unsigned worker) { run(begun, worker); })) return &begun;
  jobs_.pop_back();  // no thread is left
  return nullptr;
}

// Reads a frame as far ahead as there is room.
void FileDecoder::read_rounds(FrameReader& reader, Job& job) {
  const auto full = [&] {
    const auto lock = crew_->lock();
    return job.payload_bytes > kWaitingBytes && !job.done;
  };
  while (!job.read) {
    for (write_ready(); full(); write_ready()) wait(kReportEvery);
    wait_for_input();
    std::optional<Round> round;
    std::exception_ptr error;
    try {
      round = reader.next_round();
      if (round) content_limit_.add(round->content_size_bytes);
    } catch (...) {
      error = std::current_exception();
      rethrow_interruption(error);
    }
    const auto lock = crew_->lock();
    if (round && !error) {
      job.payload_bytes += round->payload.size();
      job.rounds.push_back(std::move(*round));
    } else {
      job.read = true;
      job.read_error = error;
      if (!error) job.content_check = reader.content_check();
    }
    crew_->tell();
  }
  if (job.read_error) finish_jobs();  // ends with that error, or with an earlier one
}

// On a thread of the job's own: nothing of the caller may be touched.
void FileDecoder::run(Job& job, unsigned worker) {
  try {
    FrameDecoder decoder(call_, sessions_[worker], job.header, [&](uint64_t done) {
      crew_->check();
      job.done_bytes = done;
    });
    while (const auto round = take_round(job)) give(job, decoder.decode(*round));
    if (job.read_error) std::rethrow_exception(job.read_error);
    decoder.end(job.content_check);
    job.totals = decoder.totals();
  } catch (const Crew::Stopped&) {
    throw;
  } catch (...) {
    job.error = std::current_exception();
  }
  const auto lock = crew_->lock();
  job.done = true;
  crew_->tell();
}

std::optional<Round> FileDecoder::take_round(Job& job) {
  auto lock = crew_->lock();
  crew_->wait(lock, [&] { return job.read || !job.rounds.empty(); });
  if (job.rounds.empty()) return std::nullopt;
  Round round = std::move(job.rounds.front());
  job.rounds.pop_front();
  job.payload_bytes -= round.payload.size();
  crew_->tell();
  return round;
}

void FileDecoder::give(Job& job, Bytes content) {
  auto lock = crew_->lock();
  crew_->wait(lock, [&] {
    return job.content.empty() || job.content_bytes + content.size() <= kWaitingBytes;
  });
  job.content_bytes += content.size();
  job.content.push_back(std::move(content));
  crew_->tell();
}

// Writes what the first frame has, and the next one if that is done.
void FileDecoder::write_ready() {
  while (!jobs_.empty()) {
    Job& first = *jobs_.front();
    std::deque<Bytes> content;
    bool done = false;
    {
      const auto lock = crew_->lock();
      content.swap(first.content);
      first.content_bytes = 0;
      done = first.done;
      if (!content.empty()) crew_->tell();
    }
    for (const Bytes& bytes : content) {
      out_.write(bytes);
      totals_.content_bytes += bytes.size();
      first.written_bytes += bytes.size();
    }
    if (!done) return;
    if (first.error) std::rethrow_exception(first.error);
    add_totals(totals_, first.totals);
    jobs_.pop_front();
  }
}

void FileDecoder::wait(std::chrono::milliseconds most) {
  uint64_t done = totals_.content_bytes;
  for (const auto& job : jobs_)
    done += job->done_bytes - std::min(job->done_bytes.load(), job->written_bytes);
  if (progress_) progress_(done);
  crew_->wait_for_change(most);
}

// Before the source is read: a pipe may have nothing for long, and content must not wait for that.
void FileDecoder::wait_for_input() {
  for (write_ready(); !jobs_.empty() && in_.may_wait(); write_ready()) wait(kLookAtPipeEvery);
}

void FileDecoder::finish_jobs() {
  for (write_ready(); !jobs_.empty(); write_ready()) wait(kReportEvery);
}

Totals FileDecoder::finish() {
  crew_.reset();  // may still be at work where the caller had enough
  std::move(sessions_[0]).return_to(models_);
  return totals_;
}

}  // namespace llmz
