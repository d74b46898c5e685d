// SPDX-License-Identifier: Apache-2.0
// "llmz journal 1\n", the size of the key and the key; then for each item: its number, the size of
// its result, XXH3 of the result with the number for the seed, the result. Integers have 8 bytes.
#include "cluster/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/hash.h"

namespace llmz {
namespace {

constexpr char kMagic[] = "llmz journal 1\n";
constexpr size_t kMagicBytes = sizeof kMagic - 1;
constexpr uint64_t kItemHeadBytes = 24, kMostKeyBytes = 1 << 16;

}  // namespace

Journal::Journal(const std::string& path, const std::string& key, bool resume, bool overwrite)
    : path_(path) {
  fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd_ < 0) fail("cannot create");
  try {
    // Where a file system has no locks, two runs at once are the user's to avoid.
    if (flock(fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
      throw Error(ErrorKind::kIo, path + " is in use: another run makes the same output");
    struct stat status = {};
    if (fstat(fd_, &status) != 0) fail("cannot read");
    end_ = static_cast<uint64_t>(status.st_size);
    if (end_ > 0 && !resume && !overwrite) {
      throw Error(ErrorKind::kIo, path +
                                      " is there, with what another run has finished: --resume "
                                      "goes on with it, -f begins again");
    }
    if (end_ > 0 && resume) find_items(key);
    if (end_ == 0 || !resume) begin(key);
  } catch (...) {
    close(fd_);
    throw;
  }
}

Journal::~Journal() {
  if (fd_ >= 0) close(fd_);
}

void Journal::fail(const char* what) const {
  throw Error(ErrorKind::kIo, std::string(what) + " " + path_ + ": " + std::strerror(errno));
}

void Journal::begin(const std::string& key) {
  if (ftruncate(fd_, 0) != 0) fail("cannot write to");
  Bytes head(kMagic, kMagic + kMagicBytes);
  append_le(head, key.size(), 8);
  head.insert(head.end(), key.begin(), key.end());
  write(head, 0);
  end_ = head.size();
}

void Journal::find_items(const std::string& key) {
  const uint64_t size = end_;
  Bytes head(kMagicBytes + 8);
  const bool is_journal = read(head, 0) && std::memcmp(head.data(), kMagic, kMagicBytes) == 0;
  const uint64_t key_bytes = is_journal ? load_le(head.data() + kMagicBytes, 8) : 0;
  Bytes found(key_bytes <= kMostKeyBytes ? static_cast<size_t>(key_bytes) : 0);
  if (!is_journal || !read(found, head.size()))
    throw Error(ErrorKind::kUsage, path_ + " is no journal of llmz, or not a whole one");
  if (std::string(found.begin(), found.end()) != key) {
    throw Error(ErrorKind::kUsage,
                path_ +
                    " is of another input, other options or another llmz: -f without --resume "
                    "begins again");
  }
  Bytes item_head(kItemHeadBytes), result;
  end_ = head.size() + key_bytes;
  while (read(item_head, end_)) {
    const uint64_t item = load_le(item_head.data(), 8);
    const uint64_t result_bytes = load_le(item_head.data() + 8, 8);
    if (result_bytes > size - end_ - kItemHeadBytes) break;
    result.resize(static_cast<size_t>(result_bytes));
    if (!read(result, end_ + kItemHeadBytes)) break;
    if (xxh3_64(result, item) != load_le(item_head.data() + 16, 8)) break;
    places_[item] = {end_ + kItemHeadBytes, result_bytes};
    end_ += kItemHeadBytes + result_bytes;
  }
  found_ = places_.size();
  if (ftruncate(fd_, static_cast<off_t>(end_)) != 0) fail("cannot write to");
}

void Journal::keep(uint64_t item, ByteView result) {
  Bytes head;
  append_le(head, item, 8);
  append_le(head, result.size, 8);
  append_le(head, xxh3_64(result, item), 8);
  write(head, end_);
  write(result, end_ + head.size());
  places_[item] = {end_ + head.size(), result.size};
  end_ += head.size() + result.size;
}

Bytes Journal::result(uint64_t item) const {
  const Place& place = places_.at(item);
  Bytes head(kItemHeadBytes), bytes(static_cast<size_t>(place.size_bytes));
  if (!read(head, place.offset - kItemHeadBytes) || !read(bytes, place.offset) ||
      xxh3_64(bytes, item) != load_le(head.data() + 16, 8))
    throw Error(ErrorKind::kIo, path_ + " does not hold any more what was written to it");
  return bytes;
}

void Journal::write(ByteView bytes, uint64_t offset) const {
  for (size_t done = 0; done < bytes.size;) {
    const ssize_t wrote =
        pwrite(fd_, bytes.data + done, bytes.size - done, static_cast<off_t>(offset + done));
    if (wrote < 0 && errno != EINTR) fail("cannot write to");
    done += wrote > 0 ? static_cast<size_t>(wrote) : 0;
  }
}

// False where the file ends before.
bool Journal::read(Bytes& bytes, uint64_t offset) const {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t got =
        pread(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno != EINTR) fail("cannot read");
    if (got == 0) return false;
    done += got > 0 ? static_cast<size_t>(got) : 0;
  }
  return true;
}

void Journal::remove() {
  if (unlink(path_.c_str()) != 0) fail("cannot remove");
}

}  // namespace llmz
