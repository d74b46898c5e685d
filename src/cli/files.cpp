// SPDX-License-Identifier: Apache-2.0
#include "cli/files.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "cli/signals.h"

namespace llmz {
namespace {

[[noreturn]] void fail_with_errno(const std::string& what) {
  throw Error(ErrorKind::kIo, what + ": " + std::strerror(errno));
}

// With the slash.
std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "./" : path.substr(0, slash + 1);
}

// After a system call failed: returns if it is to be tried again.
bool try_again(int fd, short events) {
  if (errno == EINTR) {
    throw_if_interrupted();
    return true;
  }
  if (errno != EAGAIN) return false;
  pollfd waiting = {fd, events, 0};
  poll(&waiting, 1, -1);
  throw_if_interrupted();
  return true;
}

bool write_all(int fd, ByteView bytes) {
  size_t done = 0;
  while (done < bytes.size) {
    const ssize_t wrote = ::write(fd, bytes.data + done, bytes.size - done);
    if (wrote >= 0) {
      done += static_cast<size_t>(wrote);
    } else if (!try_again(fd, POLLOUT)) {
      return false;
    }
  }
  return true;
}

[[noreturn]] void fail_on_stdout() {
  throw StdoutError(std::string("cannot write to standard output: ") + std::strerror(errno),
                    errno == EPIPE);
}

}  // namespace

InputFile::InputFile(const std::string& path) : path_(path) {
  fd_ = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd_ < 0) fail_with_errno("cannot open");
  fstat(fd_, &status_);
  if (S_ISDIR(status_.st_mode)) {
    if (fd_ != STDIN_FILENO) close(fd_);
    throw Error(ErrorKind::kIo,
                "is a directory, skipped: llmz takes single files, pack it first (tar)");
  }
  if (is_regular() && status_.st_size > 0) {
    start_ = fd_ == STDIN_FILENO ? lseek(fd_, 0, SEEK_CUR) : 0;
    if (start_ >= 0 && start_ <= status_.st_size) {
      size_bytes_ = static_cast<uint64_t>(status_.st_size - start_);
    }
  }
}

InputFile::~InputFile() {
  if (fd_ != STDIN_FILENO) close(fd_);
}

size_t InputFile::read(uint8_t* out, size_t count) {
  throw_if_interrupted();
  ssize_t got;
  while ((got = ::read(fd_, out, count)) < 0) {
    if (!try_again(fd_, POLLIN)) fail_with_errno("cannot read");
  }
  position_ += static_cast<uint64_t>(got);
  if (size_bytes_ &&
      (position_ > *size_bytes_ || (got == 0 && count > 0 && position_ < *size_bytes_))) {
    throw Error(ErrorKind::kIo, "had " + std::to_string(*size_bytes_) +
                                    " bytes when it was opened and has " +
                                    (got == 0 ? "fewer" : "more") +
                                    " now: something is still writing to it (a pipe takes it as it "
                                    "comes: cat FILE | llmz)");
  }
  return static_cast<size_t>(got);
}

void InputFile::rewind() {
  if (lseek(fd_, start_, SEEK_SET) != start_) fail_with_errno("cannot seek");
  position_ = 0;
}

OutputFile::OutputFile(const std::string& path, bool overwrite)
    : path_(path), overwrite_(overwrite) {
  struct stat existing = {};
  if (path == "-") {
    fd_ = STDOUT_FILENO;
    kept_ = fstat(fd_, &existing) == 0 && S_ISREG(existing.st_mode);
    return;
  }
  const bool exists = stat(path.c_str(), &existing) == 0;
  // A name that cannot be is better known now than after hours.
  if (!exists && (errno != ENOENT || path.empty())) fail("cannot create");
  if (exists && !S_ISREG(existing.st_mode)) {
    if (S_ISDIR(existing.st_mode)) errno = EISDIR;
    fd_ = S_ISDIR(existing.st_mode) ? -1 : open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd_ < 0) fail("cannot write to");
    return;
  }
  // A link stays one: what it points to is replaced.
  std::error_code ignored;
  if (exists && std::filesystem::is_symlink(path_, ignored))
    path_ = std::filesystem::canonical(path_);
  std::string name = folder_of(path_) + ".llmz-XXXXXX";
  fd_ = mkostemp(name.data(), O_CLOEXEC);
  if (fd_ < 0) fail("cannot create");
  temporary_ = name;
  kept_ = true;
  set_partial_output(temporary_);
}

OutputFile::~OutputFile() {
  if (fd_ >= 0 && fd_ != STDOUT_FILENO) close(fd_);
  if (temporary_.empty()) return;
  unlink(temporary_.c_str());
  set_partial_output("");
}

void OutputFile::fail(const std::string& what) const { fail_with_errno(what + " " + path_); }

void OutputFile::write(ByteView bytes) {
  if (write_all(fd_, bytes)) return;
  if (fd_ == STDOUT_FILENO) fail_on_stdout();
  fail("cannot write to");
}

bool OutputFile::is_same_file_as(const InputFile& input) const {
  struct stat mine = {};
  const bool known = temporary_.empty() ? fstat(fd_, &mine) == 0 : stat(path_.c_str(), &mine) == 0;
  return known && S_ISREG(mine.st_mode) && mine.st_dev == input.status().st_dev &&
         mine.st_ino == input.status().st_ino;
}

void OutputFile::copy_attributes(const InputFile* like) {
  if (like == nullptr || !like->is_regular()) {
    const mode_t mask = umask(0);
    umask(mask);
    fchmod(fd_, 0666 & ~mask);
    return;
  }
  const struct stat& status = like->status();
  mode_t mode = status.st_mode & 0777;
  if (fchown(fd_, static_cast<uid_t>(-1), status.st_gid) != 0) {
    // The file keeps our group: that and all others get only what both had, as in xz.
    const mode_t both = (mode >> 3) & mode & 07;
    mode = (mode & 0700) | static_cast<mode_t>(both << 3) | both;
  }
  if (fchown(fd_, status.st_uid, static_cast<gid_t>(-1)) != 0) errno = 0;  // only root may
  fchmod(fd_, mode);
  const struct timespec times[2] = {status.st_atim, status.st_mtim};
  futimens(fd_, times);
}

void OutputFile::take_name() {
  const char* from = temporary_.c_str();
  const char* to = path_.c_str();
  if (overwrite_) {
    if (rename(from, to) != 0) fail("cannot rename the finished file to");
  } else if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) != 0) {
    if (errno != EINVAL && errno != ENOSYS) fail("cannot rename the finished file to");
    // A file system without that flag: the name is taken first, then replaced.
    const int mine = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (mine < 0) fail("cannot rename the finished file to");
    close(mine);
    if (rename(from, to) != 0) {
      const int why = errno;
      unlink(to);
      errno = why;
      fail("cannot rename the finished file to");
    }
  }
  temporary_.clear();
  set_partial_output("");
}

void OutputFile::commit(const InputFile* like) {
  if (fd_ == STDOUT_FILENO) return;
  if (!temporary_.empty()) {
    copy_attributes(like);
    if (fsync(fd_) != 0) fail("cannot write to");
  }
  const int fd = std::exchange(fd_, -1);
  if (close(fd) != 0 && errno != EINTR) fail("cannot write to");
  if (temporary_.empty()) return;
  take_name();
  // The new name must be on the disk before a caller removes the input.
  const int folder = open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  fsync(folder);
  close(folder);
}

Bytes read_all(const std::string& path) {
  constexpr size_t kStepBytes = 1 << 20;
  InputFile input(path);
  Bytes content;
  if (input.size_bytes()) content.reserve(*input.size_bytes() + kStepBytes);
  for (;;) {
    const size_t before = content.size();
    content.resize(before + kStepBytes);
    const size_t got = read_fully(input, content.data() + before, kStepBytes);
    content.resize(before + got);
    if (got < kStepBytes) return content;
  }
}

void print(const std::string& text) {
  if (!write_all(STDOUT_FILENO, ByteView(text))) fail_on_stdout();
}

void close_stdout() {
  if (close(STDOUT_FILENO) != 0 && errno != EBADF) fail_on_stdout();
}

void occupy_standard_descriptors() {
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // Opened the wrong way round, so that using it fails instead of losing bytes.
    if (fcntl(fd, F_GETFD) < 0) open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace llmz
