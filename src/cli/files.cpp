// SPDX-License-Identifier: Apache-2.0
#include "cli/files.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
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

std::string link_of(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

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

// A pipe with a name of its own, not one that a shell made for <(COMMAND) and names in /dev/fd.
bool is_named_pipe(int fd, const struct stat& status) {
  struct statfs system = {};
  if (!S_ISFIFO(status.st_mode) || fstatfs(fd, &system) != 0) return false;
  constexpr long kPipesWithoutName = 0x50495045;  // PIPEFS_MAGIC
  return static_cast<long>(system.f_type) != kPipesWithoutName;
}

}  // namespace

bool has_suffix(const std::string& path, const std::string& suffix) {
  const size_t name = path.rfind('/') + 1;  // 0 without a folder
  return path.size() - name > suffix.size() &&
         path.compare(path.size() - suffix.size(), suffix.size(), suffix) == 0;
}

bool StdoutError::ends_quietly() const { return reader_has_ended_ && closed_pipe_ends_quietly(); }

InputFile::InputFile(const std::string& path, Pipes pipes) : path_(path) {
  const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY;
  // Without waiting, so that its kind can be looked at first.
  fd_ = path == "-" ? STDIN_FILENO : open(path.c_str(), flags | O_NONBLOCK);
  if (fd_ < 0) fail_with_errno("cannot open");
  fstat(fd_, &status_);
  const auto refuse = [&](const std::string& why) {
    if (fd_ != STDIN_FILENO) close(fd_);
    throw Error(ErrorKind::kIo, why);
  };
  if (S_ISDIR(status_.st_mode)) refuse("is a directory: -r takes the files in it, tar packs it");
  if (fd_ != STDIN_FILENO && is_named_pipe(fd_, status_)) {
    if (pipes == Pipes::kRefused) refuse("is a named pipe, skipped; as standard input it is read");
    // Waits for a writer; one that has come already must not lose its reader meanwhile.
    const int waiting = fd_;
    while ((fd_ = open(path.c_str(), flags)) < 0) {
      const bool again = errno == EINTR;
      if (again) throw_if_interrupted();
      if (!again) fail_with_errno("cannot open");
    }
    close(waiting);
    fstat(fd_, &status_);
  }
  if (fd_ != STDIN_FILENO && !is_regular()) fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) & ~O_NONBLOCK);
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
  if (size_bytes_) count = static_cast<size_t>(std::min<uint64_t>(count, *size_bytes_ - position_));
  if (count == 0) return 0;
  ssize_t got;
  while ((got = ::read(fd_, out, count)) < 0) {
    if (!try_again(fd_, POLLIN)) fail_with_errno("cannot read");
  }
  position_ += static_cast<uint64_t>(got);
  if (size_bytes_ && got == 0) {
    throw Error(ErrorKind::kIo, "had " + std::to_string(*size_bytes_) +
                                    " bytes when it was opened and has only " +
                                    std::to_string(position_) + " now: something has cut it off");
  }
  return static_cast<size_t>(got);
}

bool InputFile::was_changed() const {
  struct stat now = {};
  if (!size_bytes_ || fstat(fd_, &now) != 0) return false;
  return now.st_size != status_.st_size || now.st_mtim.tv_sec != status_.st_mtim.tv_sec ||
         now.st_mtim.tv_nsec != status_.st_mtim.tv_nsec;
}

bool InputFile::may_wait() {
  pollfd waiting = {fd_, POLLIN, 0};
  return !size_bytes_ && poll(&waiting, 1, 0) == 0;
}

void InputFile::seek(uint64_t offset) {
  const off_t place = start_ + static_cast<off_t>(offset);
  if (lseek(fd_, place, SEEK_SET) != place) fail_with_errno("cannot seek");
  position_ = offset;
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
  create();
  is_new_ = kept_ = true;
}

void OutputFile::create() {
  const std::string folder = folder_of(path_);
#if defined(O_TMPFILE)
  // Given a name through /proc.
  fd_ = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd_ >= 0) {
    if (access(link_of(fd_).c_str(), R_OK) == 0) return;
    close(fd_);
  }
#endif
  std::string name = folder + ".llmz-XXXXXX";
  fd_ = mkostemp(name.data(), O_CLOEXEC);
  if (fd_ < 0) fail("cannot create");
  temporary_ = name;
  add_partial_output(temporary_);
}

std::string OutputFile::readable_path() const {
  return !is_new_ ? "" : temporary_.empty() ? link_of(fd_) : temporary_;
}

OutputFile::~OutputFile() {
  if (fd_ >= 0 && fd_ != STDOUT_FILENO) close(fd_);
  if (temporary_.empty()) return;
  unlink(temporary_.c_str());
  forget_partial_output(temporary_);
}

void OutputFile::fail(const std::string& what) const { fail_with_errno(what + " " + path_); }

// Blocks of zeros of a new file are passed over: the file system keeps a hole there.
void OutputFile::write_with_holes(ByteView bytes) {
  constexpr uint64_t kBlockBytes = 4096;
  static const uint8_t kZeros[kBlockBytes] = {};
  const auto size_of_block = [&](size_t from) {
    return std::min<size_t>(bytes.size - from, kBlockBytes - (size_bytes_ + from) % kBlockBytes);
  };
  const auto is_hole = [&](size_t from, size_t size) {
    return size == kBlockBytes && std::memcmp(bytes.data + from, kZeros, size) == 0;
  };
  for (size_t from = 0, to = 0; from < bytes.size; from = to) {
    const bool hole = is_hole(from, size_of_block(from));
    for (to = from; to < bytes.size; to += size_of_block(to)) {
      if (is_hole(to, size_of_block(to)) != hole) break;
    }
    const bool done = hole ? lseek(fd_, static_cast<off_t>(to - from), SEEK_CUR) >= 0
                           : write_all(fd_, bytes.subview(from, to - from));
    if (!done) fail("cannot write to");
  }
  size_bytes_ += bytes.size;
}

void OutputFile::finish_writing() {
  if (is_new_ && ftruncate(fd_, static_cast<off_t>(size_bytes_)) != 0) fail("cannot write to");
}

void OutputFile::write(ByteView bytes) {
  if (is_new_) return write_with_holes(bytes);
  if (write_all(fd_, bytes)) return;
  if (fd_ == STDOUT_FILENO) fail_on_stdout();
  fail("cannot write to");
}

bool OutputFile::is_same_file_as(const InputFile& input) const {
  struct stat mine = {};
  const bool known = is_new_ ? stat(path_.c_str(), &mine) == 0 : fstat(fd_, &mine) == 0;
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

// Under a temporary name, from which it can take the place of another file.
void OutputFile::link_temporary() {
  const std::string from = link_of(fd_);
  for (int i = 0; i < 100; ++i) {
    const std::string name = folder_of(path_) + ".llmz-" + std::to_string(getpid()) + "-" +
                             std::to_string(fd_) + "-" + std::to_string(i);
    add_partial_output(name);
    if (linkat(AT_FDCWD, from.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0) {
      temporary_ = name;
      return;
    }
    forget_partial_output(name);
    if (errno != EEXIST) break;
  }
  fail("cannot rename the finished file to");
}

void OutputFile::take_name() {
  const char* to = path_.c_str();
  if (temporary_.empty() && !overwrite_) {
    if (linkat(AT_FDCWD, link_of(fd_).c_str(), AT_FDCWD, to, AT_SYMLINK_FOLLOW) == 0) return;
    if (errno == EEXIST) fail("cannot rename the finished file to");
  }
  if (temporary_.empty()) link_temporary();
  const char* from = temporary_.c_str();
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
  forget_partial_output(temporary_);
  temporary_.clear();
}

void OutputFile::commit(const InputFile* like) {
  if (fd_ == STDOUT_FILENO) return;
  finish_writing();
  if (is_new_) {
    copy_attributes(like);
    if (fsync(fd_) != 0) fail("cannot write to");
    take_name();
  }
  const int fd = std::exchange(fd_, -1);
  if (close(fd) != 0 && errno != EINTR) fail("cannot write to");
  if (!is_new_) return;
  // The new name must be on the disk before a caller removes the input.
  const int folder = open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  fsync(folder);
  close(folder);
}

Bytes read_all(const std::string& path) {
  InputFile input(path);
  return read_all(input);
}

Bytes read_all(InputFile& input) {
  constexpr size_t kStepBytes = 1 << 20;
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
